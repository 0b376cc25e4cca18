//! `/kb/{kb_id}/sources/{source_id}/pairs`

use super::{BASE, Call, Uuid};
use crate::pairs::{Pairs, SavePairsRequest};

/// The pairs of a source.
pub fn get(kb: Uuid, source: Uuid) -> Call<Pairs> {
    Call::get(format!("/kb/{kb}/sources/{source}/pairs"))
}

/// Replaces them, on top of the version that was read.
pub fn save(kb: Uuid, source: Uuid, request: &SavePairsRequest) -> Call<Pairs> {
    Call::put(format!("/kb/{kb}/sources/{source}/pairs")).json(request)
}

/// Where a CSV file goes, as a `POST` of `multipart/form-data` with a part named `file`. Answers
/// [`AddedPairs`](crate::pairs::AddedPairs).
pub fn import_url(kb: Uuid, source: Uuid) -> String {
    format!("{BASE}/kb/{kb}/sources/{source}/pairs/import")
}
