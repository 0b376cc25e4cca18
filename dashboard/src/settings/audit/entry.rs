//! One entry: a sentence, and all there is to know when it is opened.

use api_types::audit::{AuditAction, AuditActorKind, AuditEntry};
use leptos::prelude::*;
use serde_json::Value;

use super::filters::Wanted;
use crate::i18n::served;
use crate::ui::icon::{self, Icon};
use crate::ui::time::{Ago, exact};

/// The entry.
#[component]
pub fn Entry(entry: AuditEntry) -> impl IntoView {
    let words = AuditAction::from_name(&entry.action)
        .map_or_else(|| entry.action.clone(), |action| served(action.words()));
    let name = entry.object.name.clone();
    let from = match entry.actor.kind {
        AuditActorKind::ApiKey => Some(tr!("with an API key")),
        _ => None,
    };
    view! {
        <li data-testid="audit-entry">
            <details class="group px-4 py-3">
                <summary class="flex cursor-pointer items-start gap-2">
                    <Icon glyph=icon::CHEVRON_RIGHT class="mt-0.5 size-4 muted group-open:rotate-90" />
                    <span class="flex min-w-0 grow flex-wrap items-baseline gap-x-3 gap-y-0.5">
                        <span class="min-w-0 grow basis-64" data-testid="audit-words">
                            <strong class="font-medium" dir="auto">
                                {actor_name(&entry)}
                            </strong>
                            {format!(" {words}")}
                            {name.map(|name| view! { ": " <strong class="font-medium" dir="auto">{name}</strong> })}
                        </span>
                        <span class="muted flex flex-wrap gap-x-3 text-xs">
                            {from}
                            {entry.address.clone().map(|address| view! { <span dir="ltr">{address}</span> })}
                            <Ago at=entry.created_at />
                        </span>
                    </span>
                </summary>
                <Facts entry=entry />
            </details>
        </li>
    }
}

/// Who did it, in words.
fn actor_name(entry: &AuditEntry) -> String {
    let fallback = match entry.actor.kind {
        AuditActorKind::User => tr!("A person who is gone"),
        AuditActorKind::ApiKey => tr!("An API key that is gone"),
        AuditActorKind::Worker => tr!("A background job"),
        AuditActorKind::Operator => tr!("The operator of the server"),
        AuditActorKind::Visitor => tr!("A visitor"),
        AuditActorKind::Unknown => tr!("Somebody"),
    };
    entry.actor.name.clone().unwrap_or_else(|| fallback.to_owned())
}

#[component]
fn Facts(entry: AuditEntry) -> impl IntoView {
    let actor = entry.actor.id.map(|id| id.to_string()).or_else(|| {
        let kind = serde_json::to_value(entry.actor.kind).ok()?;
        kind.as_str().map(str::to_owned)
    });
    let object = entry.object.id.to_string();
    let (of_object, of_actor) = (
        Wanted::of_object(object.clone()),
        actor.clone().map(Wanted::of_actor),
    );
    let kind = noun(&entry.object.kind);
    let more = match entry.details {
        Value::Object(details) => details
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect(),
        _ => Vec::new(),
    };
    view! {
        <dl class="mt-3 grid grid-cols-1 gap-x-6 gap-y-1.5 border-t border-base-300 pt-3 text-sm sm:grid-cols-[auto_minmax(0,1fr)]">
            <dt class="muted">{tr!("When")}</dt>
            <dd>{exact(entry.created_at)}</dd>
            <dt class="muted">{tr!("Who")}</dt>
            <dd class="break-all">
                {actor.map(|actor| view! { <code>{actor}</code> " " })}
                {of_actor.map(|href| view! { <a class="link" href=href>{tr!("All of theirs")}</a> })}
            </dd>
            <dt class="muted">{tr!("To what")}</dt>
            <dd class="break-all">
                {format!("{kind} ")}
                <code>{object}</code>
                " "
                <a class="link" href=of_object>{tr!("All about it")}</a>
            </dd>
            {more
                .into_iter()
                .map(|(name, value)| {
                    view! {
                        // Names of the API.
                        <dt class="muted first-letter:uppercase" lang="en">{name.replace('_', " ")}</dt>
                        <dd class="break-words" dir="auto">{plain(&value)}</dd>
                    }
                })
                .collect_view()}
            {entry
                .request_id
                .map(|id| {
                    view! {
                        <dt class="muted">{tr!("Request")}</dt>
                        <dd class="break-all"><code>{id.to_string()}</code></dd>
                    }
                })}
            <dt class="muted">{tr!("Action")}</dt>
            <dd><code>{entry.action}</code></dd>
            <dt class="muted">{tr!("Entry {}", entry.position)}</dt>
            <dd class="break-all"><code title=tr!("Its hash, which the next entry holds, too")>{entry.hash}</code></dd>
        </dl>
    }
}

/// What something is called, by its name in the API.
fn noun(kind: &str) -> String {
    match kind {
        "api_key" => tr!("API key").to_owned(),
        "audit" => tr!("audit").to_owned(),
        "bot" => tr!("bot").to_owned(),
        "canned_reply" => tr!("canned reply").to_owned(),
        "chunk" => tr!("chunk").to_owned(),
        "connection" => tr!("connection").to_owned(),
        "conversation" => tr!("conversation").to_owned(),
        "data" => tr!("data").to_owned(),
        "document" => tr!("document").to_owned(),
        "embedding" => tr!("embedding").to_owned(),
        "invitation" => tr!("invitation").to_owned(),
        "knowledge_base" => tr!("knowledge base").to_owned(),
        "lead" => tr!("lead").to_owned(),
        "member" => tr!("member").to_owned(),
        "office_hours" => tr!("office hours").to_owned(),
        "organization" => tr!("organization").to_owned(),
        "organization_invitation" => tr!("invitation to the organization").to_owned(),
        "organization_member" => tr!("member of the organization").to_owned(),
        "provider" => tr!("provider").to_owned(),
        "source" => tr!("source").to_owned(),
        "test_run" => tr!("test run").to_owned(),
        "test_set" => tr!("test set").to_owned(),
        "webhook" => tr!("webhook").to_owned(),
        "workspace" => tr!("workspace").to_owned(),
        other => other.replace('_', " "),
    }
}

/// A value in words where there are any, else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => tr!("yes").to_owned(),
        Value::Bool(false) => tr!("no").to_owned(),
        Value::Array(values) if !values.is_empty() && values.iter().all(Value::is_string) => {
            values.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
