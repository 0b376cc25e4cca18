//! A draft that is gone, while edits of it are still kept in this browser.

use api_types::ErrorCode;
use api_types::bots::ChatbotContent;
use api_types::drafts::Draft;
use leptos::prelude::*;
use uuid::Uuid;

use super::remake::use_remake;
use crate::drafts::{forget_unsaved, kept_unsaved};
use crate::ui::alert::Notice;
use crate::ui::button::{Button, Variant};
use crate::ui::load::Load;

/// Offers to make a new draft of the edits that were not saved when the page was left.
#[component]
pub fn Lost(
    /// The draft's id.
    id: Uuid,
    /// The draft, as it was asked for.
    draft: Load<Draft<ChatbotContent>>,
) -> impl IntoView {
    let busy = RwSignal::new(false);
    let remake = use_remake(busy);
    let is_gone = move || {
        let code = draft.error().and_then(|error| error.code());
        matches!(code, Some(ErrorCode::DraftNotFound | ErrorCode::NotFound))
    };
    let kept = move || is_gone().then(|| kept_unsaved::<ChatbotContent>(id)).flatten();
    move || {
        kept().map(|kept| {
            let content = kept.content;
            let restore = move || {
                remake.run((None, content.clone(), Callback::new(move |()| forget_unsaved(id))));
            };
            view! {
                <div class="mb-4" role="status">
                    <Notice>
                        <p class="mb-2">
                            {tr!("This draft has expired or was deleted, but your last edits are kept in this browser.")}
                        </p>
                        <Button variant=Variant::Primary busy=busy on_click=restore>
                            {tr!("Make a new draft of them")}
                        </Button>
                    </Notice>
                </div>
            }
        })
    }
}
