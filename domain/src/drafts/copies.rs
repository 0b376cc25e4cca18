//! Copies of drafts in Postgres, for a Redis that lost what it had.
//!
//! A save is acknowledged once Redis has it. It is noted here at the same time, and a quarter of a second later the notes are
//! written to Postgres in one statement, of each draft only the last one: so copying costs the same however often a draft is
//! saved. What is noted is in the memory of this process, so a save is lost only when Redis loses its data and this process
//! ends, without a chance to write, within that time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use uuid::Uuid;

use crate::Result;
use crate::db::Db;

/// How long notes are gathered.
pub(super) const GATHER: Duration = Duration::from_millis(250);
/// Pause after they could not be written.
const AGAIN: Duration = Duration::from_secs(1);
/// Notes in one statement.
const MOST: usize = 500;

/// A draft to be copied.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub workspace_id: Uuid,
    pub kind: &'static str,
    pub version: i64,
    /// As it lies in Redis; `None` once it is gone for good.
    pub draft: Option<String>,
}

#[derive(Debug, Default)]
struct Noted {
    notes: HashMap<Uuid, Note>,
    /// Whether a task is there that will write them.
    is_written: bool,
}

/// What is to be copied. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Copies {
    db: Db,
    noted: Arc<Mutex<Noted>>,
    /// Held while notes are written, so that whoever waits for them knows that all are.
    writing: Arc<tokio::sync::Mutex<()>>,
}

impl Copies {
    pub(super) fn new(db: Db) -> Self {
        Self {
            db,
            noted: Arc::default(),
            writing: Arc::default(),
        }
    }

    /// Has a draft copied soon.
    pub(super) fn note(&self, id: Uuid, note: Note) {
        let mut noted = self.lock();
        noted.add(id, note);
        if !noted.is_written {
            noted.is_written = true;
            let copies = self.clone();
            tokio::spawn(async move { copies.work().await });
        }
    }

    /// Writes what is noted, and waits for what is being written.
    pub(super) async fn flush(&self) -> Result<()> {
        let _writing = self.writing.lock().await;
        loop {
            let notes = self.lock().take();
            if notes.is_empty() {
                return Ok(());
            }
            if let Err(error) = write(&self.db, &notes).await {
                let mut noted = self.lock();
                notes.into_iter().for_each(|(id, note)| noted.add(id, note));
                return Err(error);
            }
        }
    }

    async fn work(&self) {
        loop {
            sleep(GATHER).await;
            if let Err(error) = self.flush().await {
                tracing::warn!(%error, "drafts could not be copied to Postgres; trying again");
                sleep(AGAIN).await;
            }
            let mut noted = self.lock();
            if noted.notes.is_empty() {
                noted.is_written = false;
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    /// Unless a later one is there, or the draft is gone.
    fn add(&mut self, id: Uuid, note: Note) {
        match self.notes.entry(id) {
            Entry::Vacant(entry) => drop(entry.insert(note)),
            Entry::Occupied(mut entry) => {
                let there = entry.get();
                let is_later = note.draft.is_none() || note.version > there.version;
                if there.draft.is_some() && is_later {
                    entry.insert(note);
                }
            }
        }
    }

    fn take(&mut self) -> Vec<(Uuid, Note)> {
        let ids: Vec<Uuid> = self.notes.keys().take(MOST).copied().collect();
        ids.into_iter()
            .filter_map(|id| self.notes.remove_entry(&id))
            .collect()
    }
}

async fn write(db: &Db, notes: &[(Uuid, Note)]) -> Result<()> {
    let workspaces: Vec<Uuid> = notes.iter().map(|(_, note)| note.workspace_id).collect();
    let kinds: Vec<String> = notes.iter().map(|(_, note)| note.kind.to_owned()).collect();
    let ids: Vec<Uuid> = notes.iter().map(|(id, _)| *id).collect();
    let versions: Vec<i64> = notes.iter().map(|(_, note)| note.version).collect();
    let drafts: Vec<Option<String>> = notes.iter().map(|(_, note)| note.draft.clone()).collect();
    sqlx::query!(
        "select copy_drafts($1, $2, $3, $4, $5)",
        &workspaces,
        &kinds,
        &ids,
        &versions,
        &drafts as &[Option<String>]
    )
    .fetch_one(db.pool())
    .await?;
    Ok(())
}

/// Removes copies of drafts that expired. Answers how many.
pub async fn collect_copies(db: &Db) -> Result<i64> {
    let collected = sqlx::query_scalar!(
        r#"select collect_draft_copies($1) as "collected!""#,
        super::TTL_SECONDS
    )
    .fetch_one(db.pool())
    .await?;
    Ok(collected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(version: i64, draft: Option<&str>) -> Note {
        Note {
            workspace_id: Uuid::nil(),
            kind: "chatbot",
            version,
            draft: draft.map(str::to_owned),
        }
    }

    #[test]
    fn the_last_save_counts_and_what_is_gone_stays_gone() {
        let mut noted = Noted::default();
        let kept = |noted: &Noted| noted.notes[&Uuid::nil()].version;
        noted.add(Uuid::nil(), note(2, Some("second")));
        noted.add(Uuid::nil(), note(1, Some("first")));
        assert_eq!(kept(&noted), 2);
        noted.add(Uuid::nil(), note(3, Some("third")));
        assert_eq!(kept(&noted), 3);
        noted.add(Uuid::nil(), note(0, None));
        noted.add(Uuid::nil(), note(4, Some("late")));
        assert_eq!(noted.take()[0].1.draft, None);
    }
}
