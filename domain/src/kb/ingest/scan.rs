//! Scans: their pages are recognised one after the other and kept, in as many jobs as it takes.

use std::time::Duration;

use api_types::kb::DocumentError;
use api_types::live::Topic;
use tokio::time::Instant;

use super::Stop;
use super::claim::Work;
use crate::Services;
use crate::kb::ocr::{self, Scan};
use crate::kb::parse::{self, ParseError, ParsedDocument};
use crate::kb::read;
use crate::{Error, Result, Scope};

/// How long to wait while another scan is read in this process.
const BUSY: Duration = Duration::from_secs(2);

/// A scan of which the first pages may have been read.
pub(super) struct Begun {
    languages: String,
    pages: Vec<String>,
}

/// What was read of this version before, in the languages that are installed now.
pub(super) async fn begun(services: &Services, scope: &Scope, work: &Work) -> Result<Option<Begun>> {
    let mut tx = services.db.tenant(scope).await?;
    let row = sqlx::query!(
        "select languages, pages from scans where workspace_id = $1 and document_id = $2 and version = $3",
        scope.workspace_id(),
        work.id,
        work.version
    )
    .fetch_optional(&mut *tx)
    .await?;
    drop(tx);
    let Some(row) = row else { return Ok(None) };
    let languages = ocr::languages().await.map(|languages| languages.join("+"));
    Ok((languages.as_ref() == Some(&row.languages)).then_some(Begun {
        languages: row.languages,
        pages: row.pages,
    }))
}

/// Notes that this version is a scan. Its pages are left to another job: they take long, and what is short goes first.
pub(super) async fn begin(services: &Services, scope: &Scope, work: &Work) -> Result<Stop> {
    let languages = ocr::languages().await.unwrap_or_default().join("+");
    let mut tx = services.db.tenant(scope).await?;
    sqlx::query!(
        "insert into scans (workspace_id, document_id, version, languages)
         select workspace_id, id, version, $4 from documents
         where workspace_id = $1 and id = $2 and version = $3
         on conflict (workspace_id, document_id) do update
         set version = excluded.version, languages = excluded.languages, pages = '{}'",
        scope.workspace_id(),
        work.id,
        work.version,
        languages
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Stop::Turn(Duration::ZERO))
}

impl Begun {
    /// Reads further pages until it is the turn of others; the whole document once all are read.
    pub(super) async fn go_on(
        mut self,
        services: &Services,
        scope: &Scope,
        work: &Work,
        bytes: Vec<u8>,
    ) -> Result<ParsedDocument, Stop> {
        let Some(_turn) = ocr::begin() else {
            return Err(Stop::Turn(BUSY));
        };
        let deadline = Instant::now() + services.turn;
        let file = read::file(bytes).await?;
        let scan = Scan::open(file.path(), &self.languages).await;
        let scan = scan.map_err(away)?.map_err(|error| unreadable(&error))?;
        let read = u32::try_from(self.pages.len()).unwrap_or(u32::MAX);
        for number in read + 1..=scan.pages() {
            if Instant::now() >= deadline {
                return Err(Stop::Turn(Duration::ZERO));
            }
            let text = scan
                .page(number)
                .await
                .map_err(away)?
                .map_err(|error| unreadable(&error))?;
            let text = text.replace('\0', "");
            keep(services, scope, work, &text).await?;
            self.pages.push(text);
        }
        parse::recognised(&self.pages).map_err(|error| unreadable(&error))
    }
}

/// Keeps the text of the next page. That is progress: attempts are counted anew.
async fn keep(services: &Services, scope: &Scope, work: &Work, text: &str) -> Result<(), Stop> {
    let mut tx = services.db.tenant(scope).await?;
    let updated = sqlx::query!(
        "update documents set attempts = 0, updated_at = now()
         where workspace_id = $1 and id = $2 and version = $3",
        scope.workspace_id(),
        work.id,
        work.version
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(Stop::Gone);
    }
    sqlx::query!(
        "update scans set pages = pages || $4::text
         where workspace_id = $1 and document_id = $2 and version = $3",
        scope.workspace_id(),
        work.id,
        work.version,
        text
    )
    .execute(&mut *tx)
    .await?;
    tx.tell(Topic::KnowledgeBase, work.knowledge_base_id);
    Ok(tx.commit().await?)
}

fn unreadable(error: &ParseError) -> Stop {
    Stop::Unreadable(DocumentError::from(error))
}

fn away(error: std::io::Error) -> Stop {
    Stop::Failed(Error::Unavailable {
        part: "text recognition",
        source: error.into(),
    })
}
