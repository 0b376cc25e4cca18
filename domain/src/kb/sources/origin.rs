//! What a crawl goes over: the pages of a website, or what a connection shows.

use api_types::connections::Remote;
use api_types::sources::Website;
use sqlx::types::Json;

use crate::Result;

/// What a crawl goes over. In the database each kind has a column of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kb) enum Origin {
    /// A website.
    Website(Website),
    /// Something over a connection.
    Remote(Remote),
}

impl Origin {
    /// Of its columns, of which one has a value.
    pub(in crate::kb) fn of(website: Option<Json<Website>>, remote: Option<Json<Remote>>) -> Result<Self> {
        match (website, remote) {
            (Some(website), _) => Ok(Self::Website(website.0)),
            (None, Some(remote)) => Ok(Self::Remote(remote.0)),
            (None, None) => Err(anyhow::anyhow!("a crawl goes over nothing").into()),
        }
    }

    pub(super) const fn website(&self) -> Option<Json<&Website>> {
        match self {
            Self::Website(website) => Some(Json(website)),
            Self::Remote(_) => None,
        }
    }

    pub(super) const fn remote(&self) -> Option<Json<&Remote>> {
        match self {
            Self::Remote(remote) => Some(Json(remote)),
            Self::Website(_) => None,
        }
    }
}
