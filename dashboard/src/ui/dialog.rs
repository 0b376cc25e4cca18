//! Dialogs: the browser's own `<dialog>`, which keeps the focus inside and gives it back.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::alert::ErrorAlert;
use super::button::{Button, IconButton, Variant};
use super::field::unique_id;
use super::icon;
use api_types::client::ClientError;

/// Shows a dialog while `open` says so.
pub fn show_while(dialog: NodeRef<html::Dialog>, open: RwSignal<bool>) {
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if !open.get() {
            dialog.close();
        } else if !dialog.open() {
            // It fails only for a dialog that is not in the page, and then there is nothing to show.
            let _ = dialog.show_modal();
        }
    });
}

/// The browser says that it closed a dialog. It does so late: by then, somebody may have opened it again.
pub fn closed(dialog: NodeRef<html::Dialog>, open: RwSignal<bool>) {
    if dialog.get_untracked().is_none_or(|dialog| !dialog.open()) {
        open.set(false);
    }
}

/// A modal dialog. Its content is made anew each time it opens.
#[component]
pub fn Dialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// Wider, for long texts.
    #[prop(optional)]
    wide: bool,
    /// Whether Escape and the close button close it.
    #[prop(default = true)]
    dismissible: bool,
    /// Whether something in it would be lost: it is asked before it closes.
    #[prop(optional, into)]
    unsaved: Signal<bool>,
    /// What it holds.
    children: ChildrenFn,
) -> impl IntoView {
    let may_close = move || {
        !unsaved.get_untracked()
            || window()
                .confirm_with_message(tr!("Throw away what you changed?"))
                .unwrap_or(true)
    };
    let dialog = NodeRef::<html::Dialog>::new();
    show_while(dialog, open);
    let children = StoredValue::new(children);
    let heading_id = StoredValue::new(unique_id("dialog"));
    let width = if wide { "max-w-3xl" } else { "max-w-lg" };

    view! {
        <dialog
            node_ref=dialog
            class="modal"
            aria-labelledby=heading_id.get_value()
            on:close=move |_| closed(dialog, open)
            on:cancel=move |event: web_sys::Event| {
                if !dismissible || !may_close() {
                    event.prevent_default();
                }
            }
        >
            <Show when=move || open.get()>
                <div class=format!(
                    "modal-box {width} rounded-box border border-base-300 p-0 flex flex-col max-h-[90dvh]",
                )>
                    <header class="flex items-center justify-between gap-4 border-b border-base-300 px-5 py-3">
                        <h2 id=heading_id.get_value() class="text-base font-semibold" dir="auto">{move || title.get()}</h2>
                        <Show when=move || dismissible>
                            <IconButton
                                icon=icon::X
                                label=tr!("Close")
                                on_click=move || {
                                    if may_close() {
                                        open.set(false);
                                    }
                                }
                            />
                        </Show>
                    </header>
                    <div class="overflow-y-auto px-5 py-4">{children.with_value(|children| children())}</div>
                </div>
            </Show>
        </dialog>
    }
}

/// Asks before something is taken away, and names what goes.
#[component]
pub fn ConfirmDialog<F>(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// The question.
    #[prop(into)]
    title: Signal<String>,
    /// What the button says.
    #[prop(into)]
    action: Signal<String>,
    /// What it does; an error stays in the dialog.
    on_confirm: F,
    /// What goes, and what stays.
    children: ChildrenFn,
) -> impl IntoView
where
    F: AsyncFn() -> Result<(), ClientError> + Clone + Send + Sync + 'static,
{
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let confirm = move || {
        let on_confirm = on_confirm.clone();
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let result = on_confirm().await;
            busy.set(false);
            match result {
                Ok(()) => open.set(false),
                Err(problem) => error.set(Some(crate::i18n::explain(&problem))),
            }
        });
    };
    Effect::new(move |_| {
        if open.get() {
            error.set(None);
        }
    });
    let children = StoredValue::new(children);
    let confirm = StoredValue::new(confirm);
    view! {
        <Dialog open=open title=title>
            <div class="flex flex-col gap-4">
                <div class="flex flex-col gap-2">{children.with_value(|children| children())}</div>
                <ErrorAlert message=error />
                <div class="flex flex-wrap justify-end gap-2">
                    <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                    <Button
                        variant=Variant::Danger
                        busy=busy
                        on_click=move || confirm.with_value(|confirm| confirm())
                    >
                        {move || action.get()}
                    </Button>
                </div>
            </div>
        </Dialog>
    }
}
