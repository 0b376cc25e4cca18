//! A list of questions and answers that can be typed into.

use api_types::pairs::{self, MAX_PAIRS, Pair};
use api_types::validate::Checker;
use leptos::prelude::*;

use crate::ui::button::{Button, IconButton};
use crate::ui::field::{SearchBox, Text, TextArea, TextField};
use crate::ui::icon;

/// Pairs shown at first, and added by "Show more".
const PAGE: usize = 20;

/// What is typed. A handle.
#[derive(Clone, Copy)]
pub struct Rows {
    /// Each with a number of its own.
    list: RwSignal<Vec<(usize, Pair)>>,
    next: StoredValue<usize>,
    /// What is wrong is shown once somebody tried to send it.
    sent: RwSignal<bool>,
}

impl Rows {
    /// These, or an empty one to begin with.
    pub fn new(pairs: Vec<Pair>) -> Self {
        let rows = Self {
            list: RwSignal::default(),
            next: StoredValue::new(0),
            sent: RwSignal::new(false),
        };
        rows.reset(pairs);
        rows
    }

    /// Begins anew with these.
    pub fn reset(self, pairs: Vec<Pair>) {
        self.list.set(Vec::new());
        self.sent.set(false);
        for pair in pairs {
            self.push(pair);
        }
        if self.list.with_untracked(Vec::is_empty) {
            self.push(empty());
        }
    }

    fn push(self, pair: Pair) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.list.update(|list| list.push((id, pair)));
    }

    /// The pairs without those that are empty. Reactive.
    pub fn pairs(self) -> Vec<Pair> {
        self.numbered().into_iter().map(|(_, pair)| pair).collect()
    }

    fn numbered(self) -> Vec<(usize, Pair)> {
        let is_written = |(_, pair): &&(usize, Pair)| *pair != empty();
        self.list
            .with(|list| list.iter().filter(is_written).cloned().collect())
    }

    /// Shows every problem. Returns whether there is none.
    pub fn submit(self) -> bool {
        self.sent.set(true);
        untrack(|| self.problems().is_empty())
    }

    /// What is wrong, each with the number of its row, if it is about one. Reactive.
    fn problems(self) -> Vec<(Option<usize>, String)> {
        let rows = self.numbered();
        let pairs: Vec<Pair> = rows.iter().map(|(_, pair)| pair.clone()).collect();
        let mut check = Checker::default();
        pairs::check(&mut check, "pairs", &pairs);
        let errors = check.finish().err().unwrap_or_default();
        let place = |field: &str| {
            let (number, name) = field.strip_prefix("pairs[")?.split_once("].")?;
            Some((rows.get(number.parse::<usize>().ok()?)?.0, name.to_owned()))
        };
        let of_row = |error: api_types::FieldError| match place(&error.field) {
            Some((id, name)) if name == "answer" => (Some(id), tr!("Answer: {}", error.message)),
            Some((id, _)) => (Some(id), tr!("Question: {}", error.message)),
            None => (None, error.message),
        };
        errors.into_iter().map(of_row).collect()
    }

    /// A part of a row as a field shows and changes it.
    fn text(self, id: usize, part: fn(&mut Pair) -> &mut String) -> Text {
        let get = move || {
            self.list.with(|list| {
                let row = list.iter().find(|(other, _)| *other == id);
                row.map(|(_, pair)| part(&mut pair.clone()).clone())
                    .unwrap_or_default()
            })
        };
        let set = move |text: String| {
            self.list.update(|list| {
                if let Some((_, pair)) = list.iter_mut().find(|(other, _)| *other == id) {
                    *part(pair) = text;
                }
            });
        };
        Text::new(get, set)
    }
}

fn empty() -> Pair {
    Pair {
        question: String::new(),
        answer: String::new(),
    }
}

/// The list, with a search where it is long.
#[component]
pub fn PairsEditor(
    /// What is typed.
    rows: Rows,
) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let most = RwSignal::new(PAGE);
    let ids = Memo::new(move |_| {
        rows.list
            .with(|list| list.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    });
    // A question that is being changed stays, even if it no longer matches.
    let matching = Memo::new(move |_| {
        let words = words.get().to_lowercase();
        let ids = ids.get();
        if words.trim().is_empty() {
            return ids;
        }
        let matches = |pair: &Pair| {
            format!("{} {}", pair.question, pair.answer)
                .to_lowercase()
                .contains(words.trim())
        };
        rows.list.with_untracked(|list| {
            let matching = list.iter().filter(|(_, pair)| matches(pair));
            matching.map(|(id, _)| *id).collect()
        })
    });
    let problems = Memo::new(move |_| {
        if rows.sent.get() {
            rows.problems()
        } else {
            Vec::new()
        }
    });
    let about_all = move || {
        let of_all = |problems: &Vec<(Option<usize>, String)>| {
            let found = problems.iter().find(|(row, _)| row.is_none());
            found.map(|(_, message)| message.clone())
        };
        problems.with(of_all)
    };
    let elsewhere = move || {
        let shown: Vec<usize> = matching.get().into_iter().take(most.get()).collect();
        problems.with(|problems| {
            let hidden = problems
                .iter()
                .filter(|(row, _)| row.is_some_and(|row| !shown.contains(&row)));
            hidden.count()
        })
    };
    let add = move || {
        words.set(String::new());
        rows.push(empty());
        most.set(ids.with_untracked(Vec::len).max(PAGE) + 1);
    };
    view! {
        <div class="flex flex-col gap-3">
            <Show when=move || { ids.with(Vec::len) > PAGE }>
                <SearchBox label=tr!("Search questions and answers") value=words />
            </Show>
            <ol class="flex flex-col gap-3" aria-label=tr!("Questions and answers")>
                <For
                    each=move || matching.get().into_iter().take(most.get())
                    key=|id| *id
                    children=move |id| view! { <Row rows=rows id=id problems=problems /> }
                />
            </ol>
            <Show when=move || { matching.with(Vec::len) > most.get() }>
                <div class="flex justify-center">
                    <Button on_click=move || most.update(|most| *most += PAGE)>{tr!("Show more")}</Button>
                </div>
            </Show>
            <p class="text-error empty:hidden" role="alert">
                {about_all}
            </p>
            <Show when=move || { elsewhere() > 0 }>
                <p class="text-error" role="alert">
                    {tr!("Something is wrong with questions that are not shown now.")}
                </p>
            </Show>
            <div>
                <Button
                    small=true
                    icon=icon::PLUS
                    disabled=Signal::derive(move || { ids.with(Vec::len) >= MAX_PAIRS })
                    on_click=add
                >
                    {tr!("Another question")}
                </Button>
            </div>
        </div>
    }
}

#[component]
fn Row(rows: Rows, id: usize, problems: Memo<Vec<(Option<usize>, String)>>) -> impl IntoView {
    let messages = move || {
        problems.with(|problems| {
            let own = problems.iter().filter(|(row, _)| *row == Some(id));
            let lines = own.map(|(_, message)| view! { <li>{message.clone()}</li> });
            lines.collect_view()
        })
    };
    view! {
        <li class="flex gap-2 rounded-box border border-base-300 px-3 py-2" data-testid="pair">
            <div class="flex min-w-0 grow flex-col gap-2">
                <TextField label=tr!("Question") value=rows.text(id, |pair| &mut pair.question) />
                <TextArea label=tr!("Answer") value=rows.text(id, |pair| &mut pair.answer) />
                <ul class="text-error empty:hidden" role="alert">
                    {messages}
                </ul>
            </div>
            <IconButton
                icon=icon::TRASH_2
                label=tr!("Remove this question")
                on_click=move || rows.list.update(|list| list.retain(|(other, _)| *other != id))
            />
        </li>
    }
}
