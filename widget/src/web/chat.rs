//! A message and its answer, through broken connections.

use alloc::string::String;

use wasm_bindgen::JsValue;

use super::app::App;
use super::page::{self, Json, word};
use crate::sse::{Event, Parser};

/// Milliseconds before each attempt to take a broken stream up again.
const RETRY_AFTER: [u32; 6] = [300, 1000, 2000, 4000, 8000, 8000];

/// Under this name stands the first event of an answer that is not whole: after a reload it is taken up from there.
pub const ANSWER: &str = "answer";

/// Where a verdict on an answer goes, below the bot's address.
pub const FEEDBACK: &str = "/feedback";

/// A message whose answer is not whole.
pub struct Turn {
    /// Distinguishes what arrives for this turn from what is late for another.
    id: u32,
    /// What the visitor wrote.
    pub message: String,
    /// Which answer.
    answer: usize,
    /// The last event seen, empty if the server has not taken the message.
    last_event: String,
    /// Attempts since something arrived.
    attempts: usize,
    stopped: bool,
    stream: Parser,
}

impl Turn {
    /// Whether the server has taken the message.
    pub fn has_begun(&self) -> bool {
        !self.last_event.is_empty()
    }
}

impl App {
    /// Sends the message, or takes its answer up again after this event; the answer is the last on the screen.
    pub fn begin_turn(&mut self, message: &str, last_event: String) {
        self.turns += 1;
        self.turn = Some(Turn {
            id: self.turns,
            message: message.into(),
            answer: self.answers.len() - 1,
            last_event,
            attempts: 0,
            stopped: false,
            stream: Parser::default(),
        });
        self.connect();
    }

    /// Tries the turn that failed last again, from where it broke off.
    pub fn retry(&mut self) {
        if !self.is_free() {
            return;
        }
        let Some(failed) = self.failed.take() else { return };
        self.turns += 1;
        self.answers[failed.answer].fail("", false);
        self.turn = Some(Turn {
            id: self.turns,
            attempts: 0,
            stopped: false,
            ..failed
        });
        self.connect();
    }

    /// The visitor goes on: what failed is not tried again.
    pub fn give_up(&mut self) {
        if let Some(failed) = self.failed.take() {
            self.answers[failed.answer].root.show("retry", false);
        }
    }

    /// Breaks the answer off, keeping what came.
    pub fn stop(&mut self) {
        let Some(turn) = &mut self.turn else { return };
        turn.stopped = true;
        page::stop();
        let id = turn.id;
        self.broke(id);
    }

    fn connect(&mut self) {
        let Some(turn) = &mut self.turn else { return };
        turn.stream = Parser::default();
        self.answers[turn.answer].draw();
        let url = [&self.url, "/chat"].concat();
        page::ask(
            &url,
            turn.id,
            &turn.message,
            &self.session,
            &turn.last_event,
            &self.token,
        );
        self.show_busy();
    }

    fn is_current(&self, id: u32) -> bool {
        self.turn.as_ref().is_some_and(|turn| turn.id == id)
    }

    /// More of the stream has arrived.
    pub fn chunk(&mut self, id: u32, text: &str) {
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.id == id) else {
            return;
        };
        turn.attempts = 0;
        let events = turn.stream.push(text);
        self.page.show("notice", false);
        for event in &events {
            self.take(event);
        }
        if let Some(turn) = &self.turn {
            self.answers[turn.answer].draw();
        }
        page::follow(false);
    }

    fn take(&mut self, event: &Event) {
        let Some(turn) = &mut self.turn else { return };
        let answer = &mut self.answers[turn.answer];
        let data = Json::parse(&event.data);
        turn.last_event.clone_from(&event.id);
        match &*event.name {
            "start" => {
                answer.begin();
                page::remember(false, ANSWER, &event.id);
                self.set_session(&data.text("session_id"));
                self.keep_draft();
            }
            "sources" => answer.set_sources(&data),
            // What is said then is no answer: nothing to copy or to judge.
            "hand_off" => answer.root.set("", "data-handed", ""),
            "delta" => answer.text.push_str(&data.text("text")),
            "done" => {
                answer.set_sources(&data);
                answer.finish();
                let url = [&self.url, FEEDBACK].concat();
                answer
                    .root
                    .rateable(&url, &self.session, &data.text("message_id"), "");
                let spoken = answer.root.spoken("text");
                self.end_turn(&spoken);
                self.offer(&data, "suggestions");
                if data.is_true("offers_lead_form") {
                    self.offer_lead(true, false);
                }
                self.tell_message("assistant");
            }
            "error" => {
                // This turn is over: trying again means asking again.
                turn.last_event.clear();
                self.fail(
                    &data.text("code"),
                    &data.text("message"),
                    data.is_true("retryable"),
                );
            }
            _ => {}
        }
    }

    /// The connection ended before the answer did.
    pub fn broke(&mut self, id: u32) {
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.id == id) else {
            return;
        };
        let answer = &mut self.answers[turn.answer];
        if turn.stopped && turn.has_begun() {
            answer.settle();
            let stopped = word("stopped");
            answer.note(&stopped);
            return self.end_turn(&stopped);
        }
        let delay = RETRY_AFTER
            .get(turn.attempts)
            .copied()
            .filter(|_| turn.has_begun());
        if let Some(delay) = delay {
            turn.attempts += 1;
            page::later(delay, id);
            return self.notice(&word("reconnecting"), "", "");
        }
        let stopped = if turn.stopped {
            word("stopped")
        } else {
            String::new()
        };
        self.fail("", &stopped, true);
    }

    /// It is time to take the stream up again.
    pub fn resume(&mut self, id: u32) {
        if self.is_current(id) {
            self.connect();
        }
    }

    /// The server said no.
    pub fn refused(&mut self, id: u32, reply: &Json) {
        if !self.is_current(id) {
            return;
        }
        let status = reply.number("status").unwrap_or_default();
        let problem = reply.get("body");
        let code = problem.text("code");
        if code.is_empty() || status == 0 {
            return self.broke(id);
        }
        if code == "session_not_found" && !self.session.is_empty() {
            self.set_session("");
            return self.connect();
        }
        if code == "not_found" && self.turn.as_ref().is_some_and(Turn::has_begun) {
            // Too late to take it up again, but if it was finished it stands in the conversation.
            page::remember(false, ANSWER, "");
            return self.load();
        }
        let is_unverified = code == "visitor_unverified";
        if is_unverified {
            // The site may name the visitor anew: then it is tried again.
            page::tell("unverified", &JsValue::UNDEFINED);
        }
        let retry = is_unverified || status == 429 || status >= 500;
        self.fail(&code, &problem.text("detail"), retry);
    }

    /// Ends the turn without a whole answer. A failure that may pass is told in our own words, in the visitor's
    /// language; any other in the server's (or with no code, the app's) `detail`.
    fn fail(&mut self, code: &str, detail: &str, retry: bool) {
        let Some(turn) = self.turn.take() else { return };
        let answer = &mut self.answers[turn.answer];
        let text = match code {
            "rate_limited" => word("busy"),
            "bot_offline" | "not_found" => word("unavailable"),
            "visitor_unverified" => word("sign_in"),
            _ if !detail.is_empty() && (!retry || code.is_empty()) => detail.into(),
            _ if answer.text.is_empty() => word("not_sent"),
            _ => word("broke_off"),
        };
        answer.settle();
        answer.fail(&text, retry);
        self.failed = Some(turn).filter(|_| retry);
        self.end_turn("");
    }

    fn end_turn(&mut self, spoken: &str) {
        self.turn = None;
        if !self.failed.as_ref().is_some_and(Turn::has_begun) {
            page::remember(false, ANSWER, "");
        }
        self.page.show("notice", false);
        self.page.text("spoken", spoken);
        self.show_busy();
        self.keep_draft();
        page::follow(false);
    }
}
