//! When people answer.

use api_types::client;
use api_types::inbox::{OfficeHours, Shift};
use chrono::NaiveDate;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::i18n::text;
use crate::session::use_session;
use crate::ui::button::{Button, IconButton, Submit};
use crate::ui::field::{Text, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::icon;
use crate::ui::load::{Load, load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::toast::use_toasts;
use crate::ui::toggle::Toggle;

const DAYS: [&str; 7] = [
    mark!("Monday"),
    mark!("Tuesday"),
    mark!("Wednesday"),
    mark!("Thursday"),
    mark!("Friday"),
    mark!("Saturday"),
    mark!("Sunday"),
];
/// Most stretches of time on one day.
const MAX_SHIFTS: usize = 4;

/// The section.
#[component]
pub fn Hours(may_change: bool) -> impl IntoView {
    let hours = load(client::inbox::office_hours);
    view! {
        <Section
            title=tr!("Office hours")
            subtitle=tr!("Outside of them visitors who ask for a person read the bot's message for that, and its lead form if it has one.")
        >
            {loaded(
                hours,
                rows,
                move |found| view! { <HoursForm hours=hours found=found may_change=may_change /> },
            )}
        </Section>
    }
}

#[component]
fn HoursForm(hours: Load<OfficeHours>, found: RwSignal<OfficeHours>, may_change: bool) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let edited = RwSignal::new(found.get_untracked());
    if edited.with_untracked(|hours| !hours.is_limited && hours.time_zone == "UTC") {
        edited.update(|hours| hours.time_zone = own_time_zone());
    }
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || edited.with(OfficeHours::check));
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let wanted = edited.get_untracked();
        spawn_local(async move {
            match session.send(&client::inbox::save_office_hours(&wanted)).await {
                Ok(saved) => {
                    hours.set(saved);
                    toasts.say(tr!("Office hours saved."));
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    let is_limited = Memo::new(move |_| edited.with(|hours| hours.is_limited));
    let zone = Text::new(
        move || edited.with(|hours| hours.time_zone.clone()),
        move |zone| edited.update(|hours| hours.time_zone = zone.trim().to_owned()),
    );
    view! {
        <FormBody error=error submit=submit>
            <Toggle
                label=tr!("Limit to office hours")
                hint=tr!("Otherwise somebody is always there.")
                checked=is_limited
                on_change=move |wanted| edited.update(|hours| hours.is_limited = wanted)
            />
            <Show when=move || is_limited.get()>
                <TextField
                    label=tr!("Time zone")
                    value=zone
                    field=form.field("time_zone")
                    hint=tr!("Such as Europe/Paris. Summer time is taken care of.")
                />
                <div class="flex flex-col divide-y divide-base-300">
                    {(0..DAYS.len()).map(|day| view! { <Day edited=edited day=day /> }).collect_view()}
                </div>
                <Closed edited=edited />
            </Show>
            <Show
                when=move || may_change
                fallback=|| view! { <p class="muted">{tr!("Admins can change this.")}</p> }
            >
                <div class="flex justify-end">
                    <Submit busy=busy>{tr!("Save office hours")}</Submit>
                </div>
            </Show>
        </FormBody>
    }
}

#[component]
fn Day(edited: RwSignal<OfficeHours>, day: usize) -> impl IntoView {
    let count = Memo::new(move |_| edited.with(|hours| hours.days.get(day).map_or(0, Vec::len)));
    let change = move |change: &dyn Fn(&mut Vec<Shift>)| {
        edited.update(|hours| {
            if let Some(shifts) = hours.days.get_mut(day) {
                change(shifts);
            }
        });
    };
    let add = move || change(&|shifts| shifts.push(Shift::default()));
    let shift = move |i: usize| {
        let get = move |pick: fn(&Shift) -> u16| {
            edited.with(|hours| hours.days.get(day).and_then(|shifts| shifts.get(i)).map(pick))
        };
        let set = move |text: &str, put: fn(&mut Shift, u16)| {
            let Some(time) = minutes(text) else { return };
            change(&|shifts| {
                if let Some(shift) = shifts.get_mut(i) {
                    put(shift, time);
                }
            });
        };
        let input = move |label: String, pick: fn(&Shift) -> u16, put: fn(&mut Shift, u16)| {
            view! {
                <input
                    type="time"
                    class="input input-sm w-28"
                    aria-label=label
                    prop:value=move || get(pick).map(clock).unwrap_or_default()
                    on:change=move |event| set(&event_target_value(&event), put)
                />
            }
        };
        view! {
            <div class="flex items-center gap-2">
                {input(tr!("{} from", text(DAYS[day])), |shift| shift.from, |shift, time| shift.from = time)} "–"
                {input(tr!("{} to", text(DAYS[day])), |shift| shift.to, |shift, time| shift.to = time)}
                <IconButton
                    icon=icon::X
                    label=tr!("Remove these hours of {}", text(DAYS[day]))
                    on_click=move || change(&|shifts| {
                        shifts.remove(i);
                    })
                />
            </div>
        }
    };
    view! {
        <div class="flex flex-wrap items-start gap-x-4 gap-y-2 py-2">
            <p class="w-28 pt-1 font-medium">{text(DAYS[day])}</p>
            <div class="flex flex-col gap-2">
                <Show when=move || count.get() == 0>
                    <p class="muted pt-1">{tr!("Closed")}</p>
                </Show>
                <For each=move || 0..count.get() key=|i| *i children=shift />
            </div>
            <Show when=move || count.get() < MAX_SHIFTS>
                <div class="ms-auto">
                    <Button small=true icon=icon::PLUS on_click=add>
                        {tr!("Add hours")}
                    </Button>
                </div>
            </Show>
        </div>
    }
}

/// `09:30`, as the browser's control has it.
fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Minutes since midnight.
fn minutes(clock: &str) -> Option<u16> {
    let (hours, minutes) = clock.split_once(':')?;
    Some(hours.parse::<u16>().ok()? * 60 + minutes.parse::<u16>().ok()?)
}

/// Days that are taken out.
#[component]
fn Closed(edited: RwSignal<OfficeHours>) -> impl IntoView {
    let day = RwSignal::new(String::new());
    let add = move || {
        let Ok(date) = day.get_untracked().parse::<NaiveDate>() else {
            return;
        };
        edited.update(|hours| {
            hours.closed_on.push(date);
            hours.closed_on.sort_unstable();
            hours.closed_on.dedup();
        });
        day.set(String::new());
    };
    let remove = move |date: NaiveDate| edited.update(|hours| hours.closed_on.retain(|other| *other != date));
    view! {
        <div class="flex flex-col gap-2">
            <p class="font-medium">{tr!("Closed on")}</p>
            <ul class="flex flex-wrap gap-2" aria-label=tr!("Closed on")>
                <For
                    each=move || edited.with(|hours| hours.closed_on.clone())
                    key=|date| *date
                    children=move |date| {
                        view! {
                            <li class="flex items-center gap-1 rounded-field border border-base-300 ps-2 tabular-nums">
                                {date.to_string()}
                                <IconButton
                                    icon=icon::X
                                    label=tr!("Open on {date} again", date)
                                    on_click=move || remove(date)
                                />
                            </li>
                        }
                    }
                />
            </ul>
            <div class="flex items-end gap-2">
                <TextField label=tr!("Another day") value=day kind="date" />
                <Button on_click=add>{tr!("Add day")}</Button>
            </div>
        </div>
    }
}

/// The browser's time zone.
fn own_time_zone() -> String {
    let options = js_sys::Intl::DateTimeFormat::default().resolved_options();
    let zone = js_sys::Reflect::get(&options, &"timeZone".into()).ok();
    zone.and_then(|zone| zone.as_string())
        .unwrap_or_else(|| "UTC".to_owned())
}
