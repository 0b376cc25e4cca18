//! The jobs that make archives. Rows are read a batch at a time, each in a transaction of its own, so that nothing is held
//! for as long as it takes.

use std::fmt::Write;

use api_types::bots::ChatbotContent;
use api_types::kb::KnowledgeBaseContent;
use chrono::Utc;
use futures::TryStreamExt;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::archive::{Archive, Finished, file_name};
use super::person;
use super::subject::{State, Subject};
use super::workspace::{self, Part, Record};
use crate::drafts::{self, Draftable};
use crate::jobs::Outcome;
use crate::storage::Storage;
use crate::{Error, Result, Scope, Services};

/// Records read at once.
const BATCH: i64 = 100;
/// Attempts after which an export is given up.
const MAX_ATTEMPTS: i32 = 5;

/// An export that is being made, and how far it is.
struct Running<'a> {
    services: &'a Services,
    subject: Subject,
    id: Uuid,
    archive: Archive,
    /// Lines of each file, for the manifest.
    manifest: Vec<Value>,
    parts_done: i32,
    records: i64,
}

/// Whose files.
#[derive(Clone, Copy)]
enum FilesOf {
    Documents,
    Visitors,
}

impl FilesOf {
    const fn part(self) -> Part {
        match self {
            Self::Documents => Part {
                file: "files/",
                about: "The files of documents, each in a folder named by the document's id.",
            },
            Self::Visitors => Part {
                file: "uploads/",
                about: "The files that visitors sent, each in a folder named by its id.",
            },
        }
    }
}

/// Why an export is not gone on with.
enum Stop {
    /// It was deleted meanwhile.
    Gone,
    Error(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// Makes the archive of a workspace.
pub async fn export_workspace(services: &Services, workspace_id: Uuid, export_id: Uuid) -> Result<Outcome> {
    make(
        services,
        Subject::Workspace(Scope::worker(workspace_id)),
        export_id,
    )
    .await
}

/// Makes the archive of a person.
pub async fn export_person(services: &Services, user_id: Uuid, export_id: Uuid) -> Result<Outcome> {
    make(services, Subject::Person(user_id), export_id).await
}

async fn make(services: &Services, subject: Subject, id: Uuid) -> Result<Outcome> {
    let parts = match subject {
        Subject::Workspace(_) => workspace::PARTS.len() + 3,
        Subject::Person(_) => person::PARTS.len() + 1,
    };
    let Some(attempts) = subject.start(&services.db, id, parts).await? else {
        return Ok(Outcome::Done);
    };
    let running = Running {
        services,
        subject,
        id,
        archive: Archive::begin(),
        manifest: Vec::new(),
        parts_done: 0,
        records: 0,
    };
    match running.run().await {
        Ok(()) | Err(Stop::Gone) => Ok(Outcome::Done),
        Err(Stop::Error(error)) if attempts >= MAX_ATTEMPTS => {
            tracing::error!(%id, error = format!("{error:#}"), "an export was given up");
            subject.fail(&services.db, id).await?;
            Ok(Outcome::Done)
        }
        Err(Stop::Error(error)) => Err(error),
    }
}

impl Running<'_> {
    async fn run(mut self) -> Result<(), Stop> {
        match self.subject {
            Subject::Workspace(scope) => {
                for part in workspace::PARTS {
                    self.rows(&scope, part).await?;
                }
                self.drafts(&scope).await?;
                self.files(&scope, FilesOf::Documents).await?;
                self.files(&scope, FilesOf::Visitors).await?;
            }
            Subject::Person(user_id) => {
                for part in person::PARTS {
                    self.own_rows(user_id, part).await?;
                }
                self.actions(user_id).await?;
            }
        }
        self.describe().await?;
        self.store().await
    }

    /// The rows of a workspace in one table, with what hangs on them.
    async fn rows(&mut self, scope: &Scope, part: &Part) -> Result<(), Stop> {
        self.begin(part).await?;
        let mut after = Uuid::nil();
        let mut count = 0;
        loop {
            let mut tx = self.services.db.tenant(scope).await?;
            let records = workspace::records(&mut tx, scope, part, after, BATCH).await?;
            drop(tx);
            let Some(last) = records.last() else { break };
            after = last.id;
            count += self.write(part, records).await?;
        }
        self.end(part, count);
        Ok(())
    }

    /// Drafts lie in Redis.
    async fn drafts(&mut self, scope: &Scope) -> Result<(), Stop> {
        const PART: Part = Part {
            file: "drafts.jsonl",
            about: "Drafts of bots and knowledge bases. Files that were uploaded to a draft are not included.",
        };
        self.begin(&PART).await?;
        let bots = self.drafts_of::<ChatbotContent>(scope).await?;
        let bases = self.drafts_of::<KnowledgeBaseContent>(scope).await?;
        self.end(&PART, bots + bases);
        Ok(())
    }

    async fn drafts_of<T: Draftable>(&mut self, scope: &Scope) -> Result<usize, Stop> {
        let drafts = &self.services.drafts;
        let mut count = 0;
        for summary in drafts::list::<T>(drafts, scope).await? {
            // One may expire or be deployed meanwhile.
            let Ok(draft) = drafts::get::<T>(drafts, scope, summary.id).await else {
                continue;
            };
            let mut draft = serde_json::to_value(draft)?;
            // They say nothing to people.
            if let Some(sources) = draft
                .pointer_mut("/content/sources")
                .and_then(Value::as_array_mut)
            {
                for source in sources.iter_mut().filter_map(Value::as_object_mut) {
                    source.remove("content_hash");
                }
            }
            let line = json!({ "kind": T::KIND, "draft": draft });
            self.archive.write(json_line(&line)?).await?;
            count += 1;
        }
        Ok(count)
    }

    /// Files, piece by piece.
    async fn files(&mut self, scope: &Scope, of: FilesOf) -> Result<(), Stop> {
        let part = of.part();
        let mut after = Uuid::nil();
        let mut count = 0;
        loop {
            let mut tx = self.services.db.tenant(scope).await?;
            let originals = match of {
                FilesOf::Documents => workspace::originals(&mut tx, scope, after, BATCH).await?,
                FilesOf::Visitors => workspace::uploads(&mut tx, scope, after, BATCH).await?,
            };
            drop(tx);
            let Some(last) = originals.last() else { break };
            after = last.id;
            for original in &originals {
                count += usize::from(self.file(part.file, original).await?);
                self.progress(part.file, 1).await?;
            }
        }
        self.end(&part, count);
        Ok(())
    }

    /// Whether there was such a file.
    async fn file(&mut self, folder: &str, original: &workspace::Original) -> Result<bool, Stop> {
        let Some((_, mut bytes)) = self.services.storage.open(&original.storage_key).await? else {
            return Ok(false);
        };
        let name = format!("{folder}{}/{}", original.id, file_name(&original.title));
        self.archive.file(&name).await?;
        while let Some(piece) = bytes.try_next().await? {
            self.archive.write(piece).await?;
        }
        Ok(true)
    }

    /// Rows of a person.
    async fn own_rows(&mut self, user_id: Uuid, part: &Part) -> Result<(), Stop> {
        self.begin(part).await?;
        let mut tx = self.services.db.person(user_id).await?;
        let records = person::records(&mut tx, part, user_id).await?;
        drop(tx);
        for record in &records {
            self.archive.write(json_line(record)?).await?;
        }
        self.progress(part.file, i64::try_from(records.len()).unwrap_or(0))
            .await?;
        self.end(part, records.len());
        Ok(())
    }

    async fn actions(&mut self, user_id: Uuid) -> Result<(), Stop> {
        let part = &person::ACTIONS;
        self.begin(part).await?;
        let mut tx = self.services.db.person(user_id).await?;
        let workspaces = person::workspaces(&mut tx).await?;
        drop(tx);
        let mut count = 0;
        for workspace_id in workspaces {
            let scope = Scope::worker(workspace_id);
            let mut after = Uuid::nil();
            loop {
                let mut tx = self.services.db.tenant(&scope).await?;
                let records = person::actions(&mut tx, &scope, user_id, after, BATCH).await?;
                drop(tx);
                let Some(last) = records.last() else { break };
                after = last.id;
                count += self.write(part, records).await?;
            }
        }
        self.end(part, count);
        Ok(())
    }

    /// Adds a batch of rows. Answers how many.
    async fn write(&mut self, part: &Part, records: Vec<Record>) -> Result<usize, Stop> {
        let count = records.len();
        let lines = records
            .into_iter()
            .map(|record| record.line + "\n")
            .collect::<String>();
        self.archive.write(lines).await?;
        self.progress(part.file, BATCH).await?;
        Ok(count)
    }

    async fn begin(&mut self, part: &Part) -> Result<(), Stop> {
        Ok(self.archive.file(part.file).await?)
    }

    fn end(&mut self, part: &Part, records: usize) {
        self.parts_done += 1;
        self.manifest
            .push(json!({ "file": part.file, "about": part.about, "records": records }));
    }

    /// Writes down how far it is. An export that was deleted is given up.
    async fn progress(&mut self, part: &str, records: i64) -> Result<(), Stop> {
        self.records += records;
        let state = State {
            part,
            parts_done: self.parts_done,
            records: self.records,
        };
        if self.subject.go_on(&self.services.db, self.id, state).await? {
            return Ok(());
        }
        Err(Stop::Gone)
    }

    /// What is in it, for programs and for people.
    async fn describe(&mut self) -> Result<(), Stop> {
        let (kind, id) = match self.subject {
            Subject::Workspace(scope) => ("workspace", scope.workspace_id()),
            Subject::Person(user_id) => ("person", user_id),
        };
        let manifest = json!({
            "format": 1,
            "kind": kind,
            "id": id,
            "made_at": Utc::now(),
            "made_by": concat!("Botwright ", env!("CARGO_PKG_VERSION")),
            "files": self.manifest,
        });
        self.archive.file("manifest.json").await?;
        self.archive.write(serde_json::to_vec_pretty(&manifest)?).await?;
        let readme = readme(kind, &self.manifest);
        self.archive.file("README.md").await?;
        self.archive.write(readme).await?;
        Ok(())
    }

    /// Brings the archive into storage, then says that it is there.
    async fn store(self) -> Result<(), Stop> {
        let Finished { file, size, sha256 } = self.archive.finish().await?;
        let key = match self.subject {
            Subject::Workspace(scope) => Storage::export_key(scope.workspace_id(), self.id),
            Subject::Person(user_id) => Storage::person_export_key(user_id, self.id),
        };
        let storage = &self.services.storage;
        storage.put_file(&key, tokio::fs::File::from_std(file)).await?;
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        if !self
            .subject
            .finish(&self.services.db, self.id, size, &sha256)
            .await?
        {
            // Deleted while it was brought there; nobody else would ever remove the file.
            storage.delete(&key).await?;
        }
        Ok(())
    }
}

fn json_line(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

fn readme(kind: &str, manifest: &[Value]) -> String {
    let mut text = format!(
        "# Export of a {kind}\n\nMade by Botwright. `*.jsonl` files hold one JSON object a line; times are UTC. Passwords, \
         keys,\ncredentials and vectors are not part of an export. What changed while it was made may be in one file and \
         not yet in\nanother.\n\n| file | records | what it holds |\n|---|---|---|\n"
    );
    for entry in manifest {
        let (file, about) = (entry["file"].as_str(), entry["about"].as_str());
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            file.unwrap_or_default(),
            entry["records"],
            about.unwrap_or_default()
        );
    }
    text
}
