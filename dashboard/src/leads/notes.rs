//! What the team writes down about a lead.

use api_types::client;
use api_types::leads::{AddNoteRequest, Lead, LeadNote, MAX_NOTE_CHARS};
use api_types::tenancy::Role;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::button::{IconButton, Submit, Variant};
use crate::ui::dialog::ConfirmDialog;
use crate::ui::field::TextArea;
use crate::ui::form::{Form, FormBody};
use crate::ui::icon;
use crate::ui::load::Load;
use crate::ui::page::Section;
use crate::ui::time::Ago;

/// The section.
#[component]
pub fn Notes(
    /// The lead.
    id: Uuid,
    /// Is set to what was saved.
    lead: Load<Lead>,
    /// As they are now.
    #[prop(into)]
    notes: Signal<Vec<LeadNote>>,
) -> impl IntoView {
    let session = use_session();
    let content = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let deleting = RwSignal::new(None::<Uuid>);
    let asking = RwSignal::new(false);
    let form = Form::new(move || {
        let mut check = Checker::default();
        content.with(|content| check.length("content", content, 1, MAX_NOTE_CHARS));
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = AddNoteRequest {
            content: content.get_untracked(),
        };
        spawn_local(async move {
            match session.send(&client::leads::add_note(id, &request)).await {
                Ok(saved) => {
                    content.try_set(String::new());
                    form.reset();
                    lead.set(saved);
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    let delete = async move || {
        if let Some(note) = deleting.get_untracked() {
            session.send(&client::leads::delete_note(id, note)).await?;
            lead.reload();
        }
        Ok(())
    };
    let row = move |note: LeadNote| {
        let note_id = note.id;
        view! {
            <li class="flex items-start gap-2 py-3">
                <div class="min-w-0 grow">
                    <p class="whitespace-pre-wrap wrap-anywhere" dir="auto">
                        {note.content}
                    </p>
                    <p class="muted text-xs">
                        {note.author.unwrap_or_else(|| tr!("A program, or somebody who left").to_owned())} " · "
                        <Ago at=note.created_at />
                    </p>
                </div>
                <IconButton
                    icon=icon::TRASH_2
                    label=tr!("Delete this note")
                    on_click=move || {
                        deleting.set(Some(note_id));
                        asking.set(true);
                    }
                />
            </li>
        }
    };
    view! {
        <Section title=tr!("Notes") subtitle=tr!("For your team only.")>
            <FormBody error=error submit=submit>
                <TextArea label=tr!("New note") value=content field=form.field("content") rows=3 />
                <div class="flex justify-end">
                    <Submit busy=busy variant=Variant::Plain needs=Role::Editor>
                        {tr!("Add note")}
                    </Submit>
                </div>
            </FormBody>
            <ul class="divide-y divide-base-300" aria-label=tr!("Notes")>
                <For each=move || notes.get() key=|note| note.id children=row />
            </ul>
        </Section>
        <ConfirmDialog open=asking title=tr!("Delete this note?") action=tr!("Delete note") on_confirm=delete>
            <p>{tr!("It is removed for good.")}</p>
        </ConfirmDialog>
    }
}
