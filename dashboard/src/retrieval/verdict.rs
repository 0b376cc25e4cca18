//! What became of a candidate, in plain words.

use api_types::retrieval::{Fate, Place, Trace};
use leptos::prelude::*;

/// The fate in two or three words.
pub fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Given => tr!("Given"),
        Fate::NotFound => tr!("passage" => "Not found"),
        Fate::Shortlist => tr!("Too far down"),
        Fate::NotLive => tr!("Switched off"),
        Fate::Duplicate => tr!("Said already"),
        Fate::Limit => tr!("Enough before it"),
        Fate::Budget => tr!("No room left"),
        Fate::NotRelevant => tr!("Not near enough"),
    }
}

/// Where a passage was lost, and what can be done about it.
pub fn verdict(trace: &Trace) -> String {
    let last = rank(trace.reranked.or(trace.close));
    match trace.fate {
        Fate::Given => match last {
            Some(1) => tr!("It was given first.").to_owned(),
            Some(rank) => tr!(
                "It was given, in place {rank}. To have it further up, write words that people use into its context, or \
                 mark it as important.",
                rank
            ),
            None => tr!("It was given.").to_owned(),
        },
        Fate::NotFound => tr!(
            "It was never a candidate. {} Write words that people use into its context, or add a question and its \
             answer to the knowledge base.",
            sides(trace)
        ),
        Fate::Shortlist => tr!(
            "{} Together that is place {}, and only the first 50 are looked at closely. Write words that people use \
             into its context, or mark it as important.",
            sides(trace),
            rank(trace.fused).unwrap_or_default()
        ),
        Fate::NotLive => {
            tr!("It is switched off, or its document has a newer version. Switch it on to have it found.")
                .to_owned()
        }
        Fate::Duplicate => tr!("A passage with the very same text was given instead.").to_owned(),
        Fate::Limit => tr!(
            "It came in place {}, after as many passages as were asked for. Mark it as important, or have \
             the bot given more passages.",
            last.unwrap_or_default()
        ),
        Fate::Budget => {
            tr!("The passages before it filled the prompt. Smaller chunks leave room for more of them.")
                .to_owned()
        }
        Fate::NotRelevant => tr!(
            "It was among the best, but nothing that was found seemed to answer the question, so the \
            bot said that it does not know."
        )
        .to_owned(),
    }
}

/// What each side thought of it.
fn sides(trace: &Trace) -> String {
    let words = match (trace.lexical, rank(trace.lexical)) {
        (None, _) => tr!("It has none of the question's words").to_owned(),
        (Some(_), None) => tr!("By its words it is not among the first 100").to_owned(),
        (Some(_), Some(rank)) => tr!("By its words it is number {rank}", rank),
    };
    let meaning = match (trace.vector, rank(trace.vector)) {
        (None, _) => tr!("its meaning could not be compared").to_owned(),
        (Some(_), None) => tr!("by its meaning it is not among the first 100").to_owned(),
        (Some(_), Some(rank)) => tr!("by its meaning it is number {rank}", rank),
    };
    format!("{words}; {meaning}.")
}

pub fn rank(place: Option<Place>) -> Option<u32> {
    place.and_then(|place| place.rank)
}

/// A coloured word for the fate.
#[component]
pub fn Verdict(
    /// What became of it.
    fate: Fate,
) -> impl IntoView {
    let class = match fate {
        Fate::Given => "badge badge-sm badge-success badge-soft",
        _ => "badge badge-sm badge-ghost",
    };
    view! { <span class=format!("{class} whitespace-nowrap")>{fate_name(fate)}</span> }
}
