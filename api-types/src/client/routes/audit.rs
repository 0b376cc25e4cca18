//! `/audit`

use super::{Call, Page, query};
use crate::audit::{AuditEntry, AuditFilter, AuditFormat};

/// Entries that a filter lets through, newest first.
pub fn list(filter: &AuditFilter, cursor: Option<String>) -> Call<Page<AuditEntry>> {
    Call::get(format!("/audit{}", narrowed(filter, ("cursor", cursor))))
}

/// The entries as a file, which is no JSON, so [`Call::open`] it.
pub fn export(filter: &AuditFilter, format: AuditFormat) -> Call<()> {
    let format = Some(format.as_str().to_owned());
    Call::get(format!("/audit/export{}", narrowed(filter, ("format", format))))
}

fn narrowed(filter: &AuditFilter, more: (&str, Option<String>)) -> String {
    query(&[
        ("action", filter.action.clone()),
        ("actor", filter.actor.clone()),
        ("object_id", filter.object_id.map(|id| id.to_string())),
        ("from", filter.from.map(|at| at.to_rfc3339())),
        ("to", filter.to.map(|at| at.to_rfc3339())),
        more,
    ])
}
