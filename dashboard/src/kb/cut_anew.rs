//! Having a whole knowledge base cut otherwise.

use api_types::client;
use api_types::kb::{Chunking, KnowledgeBase, SaveKnowledgeBaseRequest};
use leptos::prelude::*;

use crate::session::use_session;
use crate::ui::dialog::ConfirmDialog;
use crate::ui::load::Load;
use crate::ui::toast::use_toasts;

/// Says what is cut anew and what becomes of changes made by hand, then does it.
#[component]
pub fn CutAnew(
    /// The knowledge base.
    base: Load<KnowledgeBase>,
    /// How it is to be cut.
    #[prop(into)]
    chunking: Signal<Chunking>,
    /// Whether it is asked.
    open: RwSignal<bool>,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let cut = async move || {
        let Some(now) = untrack(|| base.get()) else {
            return Ok(());
        };
        let request = SaveKnowledgeBaseRequest {
            name: now.name,
            description: now.description,
            chunking: chunking.get_untracked(),
        };
        base.set(session.send(&client::kb::save(now.id, &request)).await?);
        toasts.say(tr!("The documents are being cut anew."));
        Ok(())
    };
    let what = move || {
        let base = base.get()?;
        Some(view! { <WhatHappens documents=base.progress.total edits=base.edit_count /> })
    };
    view! {
        <ConfirmDialog open=open title=tr!("Cut all documents anew?") action=tr!("Cut anew") on_confirm=cut>
            {what}
        </ConfirmDialog>
    }
}

/// What cutting anew means for what there is.
#[component]
pub fn WhatHappens(
    /// How many documents there are.
    documents: i64,
    /// How many changes people made to chunks.
    edits: i64,
) -> impl IntoView {
    let documents = tr!(
        "{n} document will be cut anew in the background. Bots answer from the chunks there are until the new ones are ready."
            | "{n} documents will be cut anew in the background. Bots answer from the chunks there are until the new ones are ready."
                % documents
    );
    let edits = (edits > 0).then(|| {
        tr!(
            "People made {n} change to chunks by hand. Each stays where the text is cut there as it was; the others rest, \
             are listed with their document, and come back with the old settings."
                | "People made {n} changes to chunks by hand. Each stays where the text is cut there as it was; the others \
                   rest, are listed with their document, and come back with the old settings." % edits
        )
    });
    view! {
        <p>
            {documents}
        </p>
        {edits.map(|edits| view! { <p>{edits}</p> })}
    }
}
