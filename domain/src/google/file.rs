//! Files and folders as Drive describes them.

use api_types::connections::google_id;
use api_types::validate::MAX_FILE_BYTES;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What the media types of Google's own documents begin with.
const OWN: &str = "application/vnd.google-apps.";
const OFFICE: &str = "application/vnd.openxmlformats-officedocument";
/// What the media types of files begin with that may be read; what they are is told by their content.
const READ: [&str; 3] = ["application/", "message/", "text/"];
/// Not worth a download.
const NOT_READ: [&str; 14] = [
    "application/gzip",
    "application/illustrator",
    "application/java-archive",
    "application/postscript",
    "application/vnd.android.package-archive",
    "application/vnd.rar",
    "application/x-7z-compressed",
    "application/x-gzip",
    "application/x-msdownload",
    "application/x-photoshop",
    "application/x-rar-compressed",
    "application/x-tar",
    "application/x-zip-compressed",
    "application/zip",
];

/// A file, folder or shortcut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// When it was last changed, as Google writes it.
    pub modified: String,
    /// Size in bytes, of what was uploaded.
    pub size: Option<u64>,
    /// Where people see it.
    pub link: Option<String>,
    /// It lies in the trash.
    pub is_trashed: bool,
    /// Its owner lets it be downloaded.
    pub can_download: bool,
    checksum: String,
    target: Option<String>,
    target_type: String,
}

/// What can be done with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Holds files and folders.
    Folder,
    /// Leads to the file or folder of this id.
    Shortcut(String),
    /// A document of Google's, exported as this media type.
    Export(String),
    /// A file that may be of a kind that is read.
    File,
    /// Of a kind that is not read: this.
    Unsupported(String),
}

impl File {
    /// `None` if it has no id or name.
    pub(super) fn read(object: &Value) -> Option<Self> {
        let text = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
        let link = object["webViewLink"].as_str();
        let id = google_id(object["id"].as_str()?)?.to_owned();
        Some(Self {
            id,
            name: object["name"].as_str()?.replace('\0', ""),
            media_type: text("mimeType"),
            modified: text("modifiedTime"),
            size: text("size").parse().ok(),
            link: link
                .filter(|link| link.starts_with("https://") && link.len() <= 2_048)
                .map(str::to_owned),
            is_trashed: object["trashed"] == true,
            can_download: object["capabilities"]["canDownload"] != false,
            checksum: text("md5Checksum"),
            target: object["shortcutDetails"]["targetId"]
                .as_str()
                .and_then(google_id)
                .map(str::to_owned),
            target_type: object["shortcutDetails"]["targetMimeType"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        })
    }

    /// What can be done with it.
    pub fn kind(&self) -> Kind {
        let Some(own) = self.media_type.strip_prefix(OWN) else {
            return self.uploaded();
        };
        match (own, &self.target) {
            ("folder", _) => Kind::Folder,
            ("shortcut", Some(target)) => Kind::Shortcut(target.clone()),
            ("document", _) => Kind::Export("text/markdown".to_owned()),
            ("spreadsheet", _) => Kind::Export(format!("{OFFICE}.spreadsheetml.sheet")),
            ("presentation", _) => Kind::Export(format!("{OFFICE}.presentationml.presentation")),
            ("form", _) => Kind::Unsupported("a Google Form".to_owned()),
            ("site", _) => Kind::Unsupported("a Google Site; add a published one as a website".to_owned()),
            ("drawing", _) => Kind::Unsupported("a Google Drawing".to_owned()),
            _ => Kind::Unsupported(self.media_type.clone()),
        }
    }

    fn uploaded(&self) -> Kind {
        let media_type = self.media_type.as_str();
        let may_be_read = READ.iter().any(|start| media_type.starts_with(start));
        if may_be_read && !NOT_READ.contains(&media_type) {
            Kind::File
        } else {
            Kind::Unsupported(media_type.to_owned())
        }
    }

    /// Whether it is a folder, or leads to one.
    pub fn leads_to_folder(&self) -> bool {
        let is_folder = |media_type: &str| media_type.strip_prefix(OWN) == Some("folder");
        is_folder(&self.media_type) || is_folder(&self.target_type)
    }

    /// Whether it is larger than files may be.
    pub fn is_too_large(&self) -> bool {
        self.size.is_some_and(|size| size > MAX_FILE_BYTES as u64)
    }

    /// What may change without another time of change: name, kind, and content that a program uploaded with a time of
    /// its own.
    pub fn mark(&self) -> String {
        let facts = [self.name.as_str(), &self.media_type, &self.checksum].join("\0");
        hex::encode(&Sha256::digest(facts)[..16])
    }
}
