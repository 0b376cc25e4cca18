//! Files that a visitor sent: pictures as they are, others by their names; each can be saved.

use api_types::client;
use api_types::uploads::Attachment;
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use web_sys::{AbortController, Blob, BlobPropertyBag, Url};

use crate::session::{Session, use_session};
use crate::ui::download;
use crate::ui::format::bytes;
use crate::ui::icon::{self, Icon};
use crate::ui::toast::use_toasts;

/// The files of a message.
#[component]
pub fn Attachments(
    /// The conversation it is in.
    conversation_id: Uuid,
    /// The files.
    attachments: Vec<Attachment>,
    /// Whether they stand at the end of the line, as what visitors said does in transcripts.
    #[prop(optional)]
    at_end: bool,
) -> impl IntoView {
    if attachments.is_empty() {
        return ().into_any();
    }
    let file = move |file| view! { <File conversation_id=conversation_id file=file /> };
    view! {
        <ul class="mt-1 flex flex-wrap items-start gap-2" class=("justify-end", at_end) aria-label=tr!("Files")>
            {attachments.into_iter().map(file).collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn File(conversation_id: Uuid, file: Attachment) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let address = file
        .is_picture
        .then(|| picture(session, conversation_id, file.id, file.media_type.clone()));
    let saved_as = StoredValue::new(file.name.clone());
    let save = move |_| {
        spawn_local(async move {
            let call = client::conversations::attachment(conversation_id, file.id);
            if let Err(problem) = download::save(session, &call, &saved_as.get_value()).await {
                toasts.fail(&problem);
            }
        });
    };
    let label = tr!("Save {name}", name = file.name);
    let alt = tr!("Picture of the visitor: {name}", name = file.name);
    let thumbnail = address.map(|address| {
        view! {
            // Its room is there before it: nothing moves, and a thread that was scrolled to its end stays there.
            <div class="h-40 w-full">
                <Show when=move || address.with(Option::is_some)>
                    <img
                        class="size-full rounded-field object-contain"
                        src=move || address.get().unwrap_or_default()
                        alt=alt.clone()
                    />
                </Show>
            </div>
        }
    });
    view! {
        <li
            class="flex w-60 max-w-full flex-col gap-2 rounded-box border border-base-300 bg-base-100 p-2 text-base-content"
            data-testid="attachment"
        >
            {thumbnail}
            <div class="flex items-center gap-2">
                <Icon glyph=icon::FILE_TEXT class="size-4 shrink-0 opacity-60" />
                <div class="min-w-0 grow text-start">
                    <p class="truncate text-sm font-medium" dir="auto" title=file.name.clone()>
                        {file.name.clone()}
                    </p>
                    <p class="muted text-xs">{bytes(file.size)}</p>
                </div>
                <button
                    type="button"
                    class="btn btn-ghost btn-sm btn-square"
                    aria-label=label.clone()
                    title=label
                    on:click=save
                >
                    <Icon glyph=icon::DOWNLOAD class="size-4" />
                </button>
            </div>
        </li>
    }
}

/// Where the browser finds the picture, once it is there: an address of its own for as long as it is shown. The server
/// hands files out as downloads only.
fn picture(
    session: Session,
    conversation_id: Uuid,
    id: Uuid,
    media_type: String,
) -> RwSignal<Option<String>> {
    let address = RwSignal::new(None::<String>);
    on_cleanup(move || {
        if let Some(Some(address)) = address.try_get_untracked() {
            let _ = Url::revoke_object_url(&address);
        }
    });
    spawn_local(async move {
        let call = client::conversations::attachment(conversation_id, id);
        // Without it there is the name.
        let Ok(abort) = AbortController::new() else { return };
        let Ok(response) = session.open(&call, &abort.signal()).await else {
            return;
        };
        let Ok(bytes) = response.binary().await else {
            return;
        };
        let Some(made) = object_url(&bytes, &media_type) else {
            return;
        };
        if address.try_set(Some(made.clone())).is_some() {
            // It is not shown any more.
            let _ = Url::revoke_object_url(&made);
        }
    });
    address
}

fn object_url(bytes: &[u8], media_type: &str) -> Option<String> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    Url::create_object_url_with_blob(&blob).ok()
}
