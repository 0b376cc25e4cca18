//! The prompt that the model would be given.

use api_types::bots::PromptPreview;
use api_types::client::{self, ClientError};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Builder;
use crate::session::use_session;
use crate::ui::dialog::Dialog;
use crate::ui::load::Failure;

/// Saves the draft, then shows its prompt.
#[component]
pub fn PromptDialog(builder: Builder, open: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let prompt = RwSignal::new(None::<Result<PromptPreview, ClientError>>);
    let read = move || {
        prompt.set(None);
        spawn_local(async move {
            let result = match builder.draft.save_now().await {
                Ok(()) => {
                    session
                        .send(&client::bot_drafts::prompt(builder.draft.id()))
                        .await
                }
                Err(error) => Err(error),
            };
            prompt.set(Some(result));
        });
    };
    Effect::new(move |_| {
        if open.get() {
            read();
        }
    });
    let part = |name: &'static str, text: String| {
        view! {
            <section>
                <h3 class="mb-1.5 font-medium">{name}</h3>
                <pre
                    class="rounded-box border border-base-300 bg-base-200 p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere"
                    tabindex="0"
                    dir="auto"
                >
                    {text}
                </pre>
            </section>
        }
    };
    view! {
        <Dialog open=open title=tr!("The prompt") wide=true>
            {move || match prompt.get() {
                None => view! { <div class="skeleton h-64 w-full"></div> }.into_any(),
                Some(Err(error)) => view! { <Failure error=error retry=read /> }.into_any(),
                Some(Ok(prompt)) => {
                    view! {
                        <div class="flex flex-col gap-4">
                            <p class="muted">
                                {tr!("This is all the model is given. Passages are marked as quotations that it must not obey.")}
                            </p>
                            {part(tr!("System message"), prompt.system)}
                            {part(tr!("Last message"), prompt.user)}
                        </div>
                    }
                        .into_any()
                }
            }}
        </Dialog>
    }
}
