//! Keeping what is on a page as it is on the server.

use std::time::Duration;

use api_types::live::Topic;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use uuid::Uuid;

use super::Live;
use crate::ui::load::{Data, Load};
use crate::ui::pages::Pages;

/// Least time between two readings of the same because something changed.
const GAP: Duration = Duration::from_millis(700);
/// How often something under way is read while nothing is told.
const WITHOUT: Duration = Duration::from_secs(3);
/// And while something is: only in case that the last word got lost.
const BESIDE: Duration = Duration::from_secs(60);
/// How often something under way is read that nothing is ever told of.
const UNTOLD: Duration = Duration::from_secs(2);

/// A timer of a page; it goes with the page.
#[derive(Clone, Copy)]
struct Timer(StoredValue<Option<TimeoutHandle>>);

impl Timer {
    fn new() -> Self {
        let timer = Self(StoredValue::new(None));
        on_cleanup(move || timer.stop());
        timer
    }

    fn stop(self) {
        if let Some(timer) = self.0.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    }

    fn start(self, callback: impl FnOnce() + 'static, after: Duration) {
        self.stop();
        let timer = set_timeout_with_handle(callback, after).ok();
        self.0.try_set_value(timer);
    }
}

/// Runs `read` when it is asked to: the first time at once, and then no more often than every [`GAP`], the last time always.
fn paced(read: impl Fn() + Copy + 'static) -> impl Fn() + Copy + 'static {
    let timer = Timer::new();
    // Asked again while the pause lasts.
    let is_asked = StoredValue::new(false);
    let is_paused = StoredValue::new(false);
    move || {
        if is_paused.try_get_value() != Some(false) {
            is_asked.try_set_value(true);
            return;
        }
        read();
        pause(timer, is_paused, is_asked, read);
    }
}

fn pause(
    timer: Timer,
    is_paused: StoredValue<bool>,
    is_asked: StoredValue<bool>,
    read: impl Fn() + Copy + 'static,
) {
    is_paused.try_set_value(true);
    timer.start(
        move || {
            is_paused.try_set_value(false);
            if is_asked.try_get_value() == Some(true) {
                is_asked.try_set_value(false);
                read();
                pause(timer, is_paused, is_asked, read);
            }
        },
        GAP,
    );
}

/// Reads again whenever something that is asked for changed.
pub fn follow<T: Data>(load: Load<T>, concerns: impl Fn(Topic, Uuid) -> bool + 'static) {
    if let Some(live) = use_context::<Live>() {
        let read = move || {
            if !load.is_gone() {
                load.reload();
            }
        };
        live.on_change(concerns, paced(read));
    }
}

/// The same for a list; as much of it as is shown is read again.
pub fn follow_pages<T: Data>(pages: Pages<T>, concerns: impl Fn(Topic, Uuid) -> bool + 'static) {
    if let Some(live) = use_context::<Live>() {
        live.on_change(concerns, paced(move || pages.refresh()));
    }
}

/// As [`follow`], for something that may be under way: while nothing is told it is read every few seconds.
pub fn follow_while<T: Data>(
    load: Load<T>,
    concerns: impl Fn(Topic, Uuid) -> bool + 'static,
    is_under_way: impl Fn(&T) -> bool + 'static,
) {
    follow(load, concerns);
    let live = use_context::<Live>();
    every(load, is_under_way, move || pause_of(live));
}

fn pause_of(live: Option<Live>) -> Duration {
    if live.is_some_and(|live| live.is_connected.get()) {
        BESIDE
    } else {
        WITHOUT
    }
}

/// As [`follow_pages`], for a list in which something may be under way.
pub fn follow_pages_while<T: Data>(
    pages: Pages<T>,
    concerns: impl Fn(Topic, Uuid) -> bool + 'static,
    is_under_way: impl Fn(&T) -> bool + 'static,
) {
    follow_pages(pages, concerns);
    let live = use_context::<Live>();
    let timer = Timer::new();
    Effect::new(move |_| {
        pages.first.settled.track();
        let pause = pause_of(live);
        timer.stop();
        if untrack(|| pages.items()).iter().any(&is_under_way) {
            timer.start(move || pages.refresh(), pause);
        }
    });
}

/// Reads again every few seconds for as long as the data says that work is under way: for what nothing is told of.
pub fn poll_while<T: Data>(load: Load<T>, is_under_way: impl Fn(&T) -> bool + 'static) {
    every(load, is_under_way, || UNTOLD);
}

fn every<T: Data>(
    load: Load<T>,
    is_under_way: impl Fn(&T) -> bool + 'static,
    pause: impl Fn() -> Duration + 'static,
) {
    let timer = Timer::new();
    Effect::new(move |_| {
        load.settled.track();
        let pause = pause();
        timer.stop();
        if untrack(|| load.get()).is_some_and(|data| is_under_way(&data)) {
            timer.start(move || load.reload(), pause);
        }
    });
}
