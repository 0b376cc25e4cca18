//! Receipts for what was deleted.

use api_types::client;
use api_types::data::{DeletionKind, DeletionReceipt};
use leptos::prelude::*;

use crate::live::poll_while;
use crate::ui::format::thousands;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::Ago;

/// The section.
#[component]
pub fn Receipts() -> impl IntoView {
    let receipts = load(client::data::receipts);
    poll_while(receipts, |all| {
        all.iter().any(|receipt| receipt.finished_at.is_none())
    });
    let list = move |found: RwSignal<Vec<DeletionReceipt>>| {
        view! {
            <Show
                when=move || found.with(|found| !found.is_empty())
                fallback=|| view! { <p class="muted">{tr!("Nothing was deleted yet.")}</p> }
            >
                <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("Receipts")>
                    {move || found.get().into_iter().map(|receipt| view! { <Row receipt=receipt /> }).collect_view()}
                </ul>
            </Show>
        }
    };
    view! {
        <Section
            title=tr!("Deletion receipts")
            subtitle=tr!("What was deleted for good, and how much of it. They hold counts and ids only.")
        >
            {loaded(receipts, rows, list)}
        </Section>
    }
}

#[component]
fn Row(receipt: DeletionReceipt) -> impl IntoView {
    let state = match receipt.finished_at {
        Some(_) => counts(&receipt),
        None => tr!("is still being removed").to_owned(),
    };
    view! {
        <li class="flex items-center gap-3 py-3" data-testid="receipt">
            <div class="min-w-0 grow">
                <p class="font-medium">{name(receipt.kind)}</p>
                <p class="muted break-words text-xs">{state}</p>
                <p class="muted text-xs">
                    <Ago at=receipt.requested_at />
                </p>
            </div>
            <a
                class="btn btn-sm border-base-300 bg-base-100 hover:bg-base-200"
                href=client::data::receipt(receipt.id).url()
                download=format!("receipt-{}.json", receipt.id)
                rel="external"
            >
                {tr!("Download")}
            </a>
        </li>
    }
}

fn name(kind: DeletionKind) -> &'static str {
    match kind {
        DeletionKind::Conversations => tr!("Conversations"),
        DeletionKind::Leads => tr!("Leads"),
        DeletionKind::Workspace => tr!("A workspace"),
        DeletionKind::Organization => tr!("An organization"),
        DeletionKind::Person => tr!("An account"),
    }
}

/// So many of what the server calls `what`.
fn words(what: &str, number: i64) -> String {
    match what {
        "conversations" => tr!("{n} conversation" | "{n} conversations" % number),
        "messages" => tr!("{n} message" | "{n} messages" % number),
        "retrievals" => tr!("{n} retrieval" | "{n} retrievals" % number),
        "gaps" => tr!("{n} gap" | "{n} gaps" % number),
        "leads" => tr!("{n} lead" | "{n} leads" % number),
        "files" => tr!("{n} file" | "{n} files" % number),
        "documents" => tr!("{n} document" | "{n} documents" % number),
        "chunks" => tr!("{n} chunk" | "{n} chunks" % number),
        "jobs" => tr!("{n} job" | "{n} jobs" % number),
        "workspaces" => tr!("{n} workspace" | "{n} workspaces" % number),
        "organizations" => tr!("{n} organization" | "{n} organizations" % number),
        "memberships" => tr!("{n} membership" | "{n} memberships" % number),
        "redis.drafts" => tr!("{n} draft" | "{n} drafts" % number),
        // The tables of a whole workspace have names of their own.
        table => {
            let many = table.replace("redis.", "").replace('_', " ");
            let one = many.strip_suffix('s').unwrap_or(&many);
            let noun = if number == 1 { one } else { &many };
            format!("{} {noun}", thousands(number))
        }
    }
}

/// The counts as a line, the largest first.
fn counts(receipt: &DeletionReceipt) -> String {
    let mut counts: Vec<_> = receipt.counts.iter().filter(|(_, count)| **count > 0).collect();
    counts.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let words = counts
        .iter()
        .map(|(what, number)| words(what, i64::try_from(**number).unwrap_or(i64::MAX)));
    words.collect::<Vec<_>>().join(", ")
}
