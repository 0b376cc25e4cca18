//! Two tabs, or two people, edited one draft.

use leptos::prelude::*;

use super::{Autosave, DraftContent};
use crate::ui::button::{Button, Variant};
use crate::ui::dialog::Dialog;

/// Lets the person choose which content stays. It can't be dismissed: any other way would lose one of them.
#[component]
pub fn ConflictDialog<C: DraftContent>(
    /// The draft.
    draft: Autosave<C>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(draft.theirs.with(Option::is_some)));
    let differences = move || {
        let theirs = draft.theirs.get();
        let mine = draft.content.get();
        theirs
            .map(|theirs| mine.differences(&theirs.content))
            .unwrap_or_default()
    };
    view! {
        <Dialog open=open title=tr!("This draft was changed elsewhere") dismissible=false>
            <div class="flex flex-col gap-4">
                <p>
                    {tr!("Another tab or another person saved this draft while you edited it. ")}
                    {tr!("Both contents are kept until you choose.")}
                </p>
                <div>
                    <p class="font-medium">{tr!("They differ in:")}</p>
                    <ul class="list-disc ps-5">
                        {move || differences().into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}
                    </ul>
                </div>
                <div class="flex flex-wrap justify-end gap-2">
                    <Button on_click=move || draft.take_theirs()>{tr!("Take theirs")}</Button>
                    <Button variant=Variant::Primary on_click=move || draft.keep_mine()>{tr!("Keep mine")}</Button>
                </div>
            </div>
        </Dialog>
    }
}
