//! Lists whose order is not by time, a page at a time.

use domain::paging::Slice;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows on a page, 1 to 500; 50 when absent.
    limit: Option<u16>,
}

impl From<PageQuery> for Slice {
    fn from(query: PageQuery) -> Self {
        Self {
            cursor: query.cursor,
            limit: query.limit,
            words: None,
        }
    }
}

/// Which page of a list whose rows have names.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only those whose name has these words.
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows on a page, 1 to 500; 50 when absent.
    limit: Option<u16>,
}

impl From<ListQuery> for Slice {
    fn from(query: ListQuery) -> Self {
        Self {
            cursor: query.cursor,
            limit: query.limit,
            words: query.q,
        }
    }
}
