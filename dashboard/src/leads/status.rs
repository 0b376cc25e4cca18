//! How far the team is with a lead.

use api_types::leads::LeadStatus;
use leptos::prelude::*;

/// In plain words.
pub fn name(status: LeadStatus) -> &'static str {
    match status {
        LeadStatus::New => tr!("New"),
        LeadStatus::Contacted => tr!("Contacted"),
        LeadStatus::Qualified => tr!("Qualified"),
        LeadStatus::Won => tr!("Won"),
        LeadStatus::Lost => tr!("Lost"),
    }
}

/// Every status with its name, for a list to choose from.
pub fn options() -> Vec<(String, String)> {
    let option = |status: LeadStatus| (status.as_str().to_owned(), name(status).to_owned());
    LeadStatus::ALL.into_iter().map(option).collect()
}

/// A mark that says it.
#[component]
pub fn StatusMark(status: LeadStatus) -> impl IntoView {
    let color = match status {
        LeadStatus::New => "border-primary/50 text-primary",
        LeadStatus::Contacted | LeadStatus::Qualified => "border-info/50 text-info",
        LeadStatus::Won => "border-success/50 text-success",
        LeadStatus::Lost => "border-base-300 muted",
    };
    view! {
        <span class=format!(
            "shrink-0 rounded-full border px-2 py-0.5 text-xs font-medium {color}",
        )>{name(status)}</span>
    }
}
