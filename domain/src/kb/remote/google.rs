//! Files and folders of Google Drive.

use api_types::ErrorCode;
use api_types::connections::google_id;
use api_types::sources::PageReason;

use super::{Content, Entry, MAX_DEPTH, Walker, markdown, settled};
use crate::google::{self, Drive, File, Kind};
use crate::kb::crawl::{Found, Outcome};
use crate::kb::parse::{self, Format};
use crate::kb::title::title;
use crate::outbound::{Failure, Validators};

/// Parts of a list that are asked for, of 1,000 files each.
const MAX_PARTS: usize = 20;
/// What Google exports documents as that are written in Google Docs.
const MARKDOWN: &str = "text/markdown";

impl Walker<'_> {
    /// Visits a file, a folder, or all that is shared.
    pub(super) async fn in_drive(
        &mut self,
        drive: &Drive<'_>,
        entry: &Entry,
        found: &mut Vec<Found>,
    ) -> Result<Outcome, Failure> {
        if entry.url == google::EVERYTHING {
            return self.everything(drive, found).await;
        }
        let Some(id) = google_id(&entry.url) else {
            return Ok(Outcome::Skipped(PageReason::Unsupported, None));
        };
        let file = match self.listed.remove(id) {
            Some(file) => file,
            None => drive.file(id).await?,
        };
        if file.is_trashed {
            return Ok(Outcome::Gone(format!("{}: It is in Google's trash.", file.name)));
        }
        match file.kind() {
            Kind::Folder => self.folder(drive, &file, entry, found).await,
            Kind::Shortcut(target) => {
                let target = google::address(&target);
                self.admit(target.clone(), entry.depth, found);
                Ok(Outcome::Skipped(PageReason::Redirect, Some(target)))
            }
            _ if entry.is_left_out => Ok(Outcome::LeftOut),
            Kind::Export(media_type) => self.content(drive, file, Some(&media_type), entry).await,
            Kind::File if file.is_too_large() => {
                let detail = format!("{}: It is larger than 20 MB. Split it.", file.name);
                Ok(Outcome::Skipped(PageReason::TooLarge, Some(detail)))
            }
            Kind::File => self.content(drive, file, None, entry).await,
            Kind::Unsupported(what) => {
                let detail = format!("{} ({what})", file.name);
                Ok(Outcome::Skipped(PageReason::Unsupported, Some(detail)))
            }
        }
    }

    /// A folder is no page; what lies in it may be.
    async fn folder(
        &mut self,
        drive: &Drive<'_>,
        folder: &File,
        entry: &Entry,
        found: &mut Vec<Found>,
    ) -> Result<Outcome, Failure> {
        let deeper = (self.remote.subpages && entry.depth < MAX_DEPTH).then_some(entry.depth + 1);
        let mut cursor = None::<String>;
        for _ in 0..MAX_PARTS {
            let part = drive.within(&folder.id, cursor.as_deref()).await?;
            for file in part.items {
                self.admit_file(file, entry.depth, deeper, found);
            }
            cursor = part.next;
            if cursor.is_none() {
                return Ok(if entry.is_left_out {
                    Outcome::LeftOut
                } else {
                    Outcome::Skipped(PageReason::List, Some(folder.name.clone()))
                });
            }
        }
        Ok(too_many(&folder.name))
    }

    /// All that is shared with the account, and the shared drives that it is a member of.
    async fn everything(&mut self, drive: &Drive<'_>, found: &mut Vec<Found>) -> Result<Outcome, Failure> {
        const NAME: &str = "Shared with the service account";
        let mut cursor = None::<String>;
        for _ in 0..MAX_PARTS {
            let part = drive.shared(cursor.as_deref()).await?;
            for file in part.items {
                self.admit_file(file, 0, Some(0), found);
            }
            cursor = part.next;
            if cursor.is_none() {
                break;
            }
        }
        if cursor.is_some() {
            return Ok(too_many(NAME));
        }
        for _ in 0..MAX_PARTS {
            let part = drive.drives(cursor.as_deref()).await?;
            for id in part.items {
                self.admit(google::address(&id), 0, found);
            }
            cursor = part.next;
            if cursor.is_none() {
                return Ok(Outcome::Skipped(PageReason::List, Some(NAME.to_owned())));
            }
        }
        Ok(too_many(NAME))
    }

    /// Adds what a list holds; folders stand at `deeper`, or are left alone.
    fn admit_file(&mut self, file: File, depth: u8, deeper: Option<u8>, found: &mut Vec<Found>) {
        let depth = if file.leads_to_folder() {
            deeper
        } else {
            Some(depth)
        };
        let Some(depth) = depth else { return };
        if let Kind::Shortcut(target) = file.kind() {
            self.admit(google::address(&target), depth, found);
            return;
        }
        let before = found.len();
        self.admit(google::address(&file.id), depth, found);
        if found.len() > before {
            self.listed.insert(file.id.clone(), file);
        }
    }

    /// Reads a file, unless it is as it was.
    async fn content(
        &self,
        drive: &Drive<'_>,
        file: File,
        export: Option<&str>,
        entry: &Entry,
    ) -> Result<Outcome, Failure> {
        if !file.can_download {
            return Ok(Outcome::Skipped(PageReason::Protected, Some(file.name)));
        }
        let validators = Validators {
            etag: Some(file.mark()),
            last_modified: settled(&file.modified),
        };
        if let Some(unchanged) = self.unchanged(entry, &validators) {
            return Ok(unchanged);
        }
        let bytes = match export {
            Some(media_type) => drive.export(&file.id, media_type).await,
            None => drive.download(&file.id).await,
        };
        let bytes = bytes.map_err(|failure| named(&file.name, failure))?;
        let title = title(&file.name);
        let (format, bytes) = if export == Some(MARKDOWN) {
            let text = google::tidy(&String::from_utf8_lossy(&bytes));
            (Format::Markdown, markdown(&title, &text))
        } else {
            match parse::detect(&bytes, &file.name) {
                Ok(format) => (format, bytes),
                Err(error) => {
                    let reason = match error.code() {
                        ErrorCode::UnsupportedFile => PageReason::Unsupported,
                        _ => PageReason::Unreadable,
                    };
                    return Ok(Outcome::Skipped(reason, Some(format!("{}: {error}", file.name))));
                }
            }
        };
        let content = Content {
            title,
            link: file.link,
            format,
            bytes,
            validators,
        };
        self.taken_or_not(entry, content).await
    }
}

/// Whoever looks at the report knows a file by its name.
fn named(name: &str, failure: Failure) -> Failure {
    match failure {
        Failure::TooLarge(why) => Failure::TooLarge(format!("{name}: {why}")),
        Failure::Refused(why) => Failure::Refused(format!("{name}: {why}")),
        other => other,
    }
}

fn too_many(name: &str) -> Outcome {
    let detail = format!("{name}: It holds more than 20,000 files. Choose the folders within it.");
    Outcome::Failed(PageReason::PageLimit, detail)
}
