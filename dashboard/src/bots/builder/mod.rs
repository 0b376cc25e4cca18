//! The builder: the draft's form on one side, a live test of it on the other.

mod access;
mod appearance;
mod changes;
mod colors;
mod confirm;
mod content;
mod deploy;
mod editor;
mod files;
mod gate;
mod hand_off;
mod instructions;
mod knowledge;
mod labels;
mod lead_field;
mod lead_preview;
mod leads;
mod logo;
mod lost;
mod model;
mod parts;
mod preview;
mod proactive;
mod prompt;
mod questions;
mod remake;
mod test_chat;
mod tests;
mod text_rows;
mod translations;
mod turn;

use api_types::bots::ChatbotContent;
use api_types::client;
use api_types::drafts::Draft;
use api_types::validate;
use leptos::prelude::*;

use crate::drafts::{Autosave, autosave};
use crate::ui::field::Text;
use crate::ui::form::{FieldForm, Form};
use crate::ui::load::{blocks, load, loaded};
use crate::ui::page;
use crate::ui::params::with_id;
pub use changes::{Names, changes};
use editor::Editor;
use lost::Lost;
use test_chat::TestChat;

/// The page.
#[component]
pub fn BuilderPage() -> impl IntoView {
    with_id(|id| {
        page::title(|| tr!("Bot draft").to_owned());
        let draft = load(move || client::bot_drafts::get(id));
        view! {
            <Lost id=id draft=draft />
            {loaded(
                draft,
                blocks,
                |draft| {
                    let draft = draft.get_untracked();
                    let from = draft.from;
                    let builder = Builder::new(autosave(draft));
                    view! { <Editor builder=builder from=from /> }
                },
            )}
        }
    })
}

/// The chat with a draft, without its form.
#[component]
pub fn DraftChat(
    /// The draft.
    draft: Draft<ChatbotContent>,
) -> impl IntoView {
    view! { <TestChat builder=Builder::new(autosave(draft)) /> }
}

/// The draft and its checks, for the sections of the form. A handle.
#[derive(Clone, Copy)]
struct Builder {
    draft: Autosave<ChatbotContent>,
    form: Form,
}

impl Builder {
    fn new(draft: Autosave<ChatbotContent>) -> Self {
        Self {
            draft,
            form: Form::new(move || draft.content.with(validate::chatbot)),
        }
    }

    fn field(self, path: &str) -> FieldForm {
        self.form.field(format!("content.{path}"))
    }

    /// A value of the content. Reactive, and changes only with that value.
    fn part<T: PartialEq + Send + Sync + 'static>(self, get: fn(&ChatbotContent) -> T) -> Memo<T> {
        Memo::new(move |_| self.draft.content.with(get))
    }

    /// A text of the content.
    fn text(self, get: fn(&ChatbotContent) -> &String, set: fn(&mut ChatbotContent) -> &mut String) -> Text {
        let content = self.draft.content;
        Text::new(
            move || content.with(|content| get(content).clone()),
            move |text| content.update(|content| *set(content) = text),
        )
    }

    fn update(self, change: impl FnOnce(&mut ChatbotContent)) {
        self.draft.content.update(change);
    }
}
