//! Name, description and cut of a knowledge base.

use api_types::client;
use api_types::kb::{KnowledgeBase, SaveKnowledgeBaseRequest};
use api_types::validate::{self, Checker};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::chunking_fields::ChunkingFields;
use super::cut_anew::WhatHappens;
use crate::session::use_session;
use crate::ui::alert::Notice;
use crate::ui::button::{Button, Submit};
use crate::ui::dialog::Dialog;
use crate::ui::field::{TextArea, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::icon;
use crate::ui::load::Load;
use crate::ui::toast::use_toasts;

/// A button, and the form behind it.
#[component]
pub fn EditBase(
    /// The knowledge base.
    base: Load<KnowledgeBase>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let content = move || {
        let now = untrack(|| base.get())?;
        Some(view! { <Fields base=base now=now open=open /> })
    };
    view! {
        <Button
            icon=icon::PENCIL
            on_click=move || {
                // How many chunks were changed is said below.
                base.reload();
                open.set(true);
            }
        >
            {tr!("Settings")}
        </Button>
        <Dialog open=open title=tr!("Settings of the knowledge base")>
            {content}
        </Dialog>
    }
}

#[component]
fn Fields(base: Load<KnowledgeBase>, now: KnowledgeBase, open: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let name = RwSignal::new(now.name.clone());
    let description = RwSignal::new(now.description.clone());
    let chunking = RwSignal::new(now.chunking);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        name.with(|name| check.length("name", name, 1, 80));
        description.with(|text| check.length("description", text, 0, 500));
        validate::chunking(&mut check, "chunking", chunking.get());
        check.finish()
    });
    let id = now.id;
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = SaveKnowledgeBaseRequest {
            name: name.get_untracked().trim().to_owned(),
            description: description.get_untracked().trim().to_owned(),
            chunking: chunking.get_untracked(),
        };
        spawn_local(async move {
            match session.send(&client::kb::save(id, &request)).await {
                Ok(saved) => {
                    base.set(saved);
                    toasts.say(tr!("Saved."));
                    open.set(false);
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
            busy.try_set(false);
        });
    };
    let cut = now.chunking;
    let is_cut_anew = Memo::new(move |_| chunking.get() != cut);
    let what = move || {
        let base = base.get()?;
        Some(view! { <WhatHappens documents=base.progress.total edits=base.edit_count /> })
    };
    view! {
        <FormBody error=error submit=submit>
            <TextField label=tr!("Name") value=name field=form.field("name") />
            <TextArea
                label=tr!("Description")
                value=description
                field=form.field("description")
                hint=tr!("What it is about, for your team. You can leave it out.")
                rows=2
            />
            <ChunkingFields
                chunking=chunking
                set=Callback::new(move |changed| chunking.set(changed))
                size_field=form.field("chunking.size")
                overlap_field=form.field("chunking.overlap")
            />
            <Show when=move || is_cut_anew.get()>
                <Notice>
                    {what}
                </Notice>
            </Show>
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{tr!("Save")}</Submit>
            </div>
        </FormBody>
    }
}
