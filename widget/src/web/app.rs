//! The app: loads the bot, listens to the visitor and to the page around.

use alloc::string::String;
use alloc::vec::Vec;

use wasm_bindgen::prelude::*;

use super::answer::Answer;
use super::chat::{ANSWER, FEEDBACK, Turn};
use super::page::{self, Element, Json, instance, word};
use crate::number;

/// Characters a message may have.
const MAX_MESSAGE: u32 = 4000;
/// From here on the counter shows.
const COUNTER_FROM: u32 = 3600;
/// Under this name stands the conversation's id.
const SESSION: &str = "session";
/// Under this name stands text that the server does not have.
const DRAFT: &str = "draft";

/// Everything the app knows.
pub struct App {
    /// The whole document.
    pub page: Element,
    /// Where the bot's endpoints are.
    pub url: String,
    /// The conversation's id, empty before the first message.
    pub session: String,
    /// What the site says of its visitor, empty if nothing. Never stored.
    pub token: String,
    /// The bot's messages on the screen.
    pub answers: Vec<Answer>,
    /// The turn under way.
    pub turn: Option<Turn>,
    /// The turn that failed last, to be tried again.
    pub failed: Option<Turn>,
    /// Turns begun so far.
    pub turns: u32,
    config: Option<Json>,
    /// Whether nothing can be asked before the visitor's details were left.
    is_gated: bool,
    /// The bot's name for itself.
    title: String,
    /// The conversation before the one begun last.
    previous: String,
    /// What the host page asked to send before the bot was there.
    waiting: String,
    loading: bool,
}

impl App {
    /// Builds the app in the document and loads the bot.
    pub fn start() {
        let mut app = Self {
            page: Element(page::page()),
            url: ["/api/v1/bots/", &page::bot()].concat(),
            session: page::recall(true, SESSION),
            token: String::new(),
            answers: Vec::new(),
            turn: None,
            failed: None,
            turns: 0,
            config: None,
            is_gated: false,
            title: String::new(),
            previous: String::new(),
            waiting: String::new(),
            loading: false,
        };
        page::set_draft(&page::recall(false, DRAFT));
        app.typed();
        app.load();
        let handler: Closure<dyn FnMut(String, JsValue)> =
            Closure::new(move |what: String, details| app.handle(&what, &Json(details)));
        page::listen(&handler.into_js_value());
    }

    fn handle(&mut self, what: &str, details: &Json) {
        let turn = details.number("turn").unwrap_or_default();
        match what {
            "chunk" => self.chunk(turn, &details.text("text")),
            "broke" => self.broke(turn),
            "resume" => self.resume(turn),
            "refused" => self.refused(turn, details),
            "loaded" => self.loaded(details),
            "typed" => self.typed(),
            "lead-send" => page::send_lead(&[&self.url, "/leads"].concat(), &self.session, &self.token),
            "lead-gate" => self.gate(details.is_true("closed")),
            "lead-sent" => {
                self.set_session(&details.text("session_id"));
                self.say(details.text("message"));
                if let Some(said) = self.answers.last() {
                    self.page.text("spoken", &said.root.spoken("text"));
                }
            }
            "send" if self.turn.is_some() => self.stop(),
            "send" | "enter" => self.send(),
            "host-send" => self.ask(&details.text("text")),
            "host-identify" => self.identify(details.text("token")),
            // These buttons go away: the focus must not go with them.
            "ask" => {
                self.ask(&details.text("text"));
                self.focus();
            }
            "retry" => {
                self.retry();
                self.focus();
            }
            "host-locale" => self.load(),
            "new" | "host-reset" => self.begin_anew(),
            "back" => self.go_back(),
            "reload" => self.load(),
            // They are put where they belong by who asks.
            "earlier" => drop(self.say_again(details)),
            "latest" => page::follow(true),
            "host-open" => self.focus(),
            "offline" => self.notice(&word("offline"), "", ""),
            "online" => self.page.show("notice", false),
            _ => self.handle_in_answer(what, details),
        }
    }

    fn handle_in_answer(&mut self, what: &str, details: &Json) {
        let index = details.number("index").map(|index| index as usize);
        let Some(answer) = index.and_then(|index| self.answers.get_mut(index)) else {
            if what == "escape" {
                page::tell("close", &JsValue::UNDEFINED);
            }
            return;
        };
        match what {
            "source" => answer.toggle_source(
                Element(details.get("element").0),
                details.number("n").unwrap_or_default(),
            ),
            "copy" => answer.copy(),
            "close-source" => {
                answer.close_source();
            }
            "escape" if !answer.close_source() => page::tell("close", &JsValue::UNDEFINED),
            _ => {}
        }
    }

    /// Puts the focus where the visitor goes on: in the box, but on a touch screen its keyboard would hide the rest.
    fn focus(&self) {
        self.page.focus(if page::has_mouse() { "input" } else { "panel" });
        page::follow(false);
    }

    /// A line above the box, with something to do about it; an empty label leaves that out.
    pub fn notice(&self, text: &str, label: &str, act: &str) {
        self.page.text("notice-text", text);
        self.page.show_text("notice-act", label);
        self.page.set("notice-act", "data-act", act);
        self.page.show("notice", true);
        page::follow(false);
    }

    /// Moves to this conversation; an empty id begins a new one.
    pub fn set_session(&mut self, session: &str) {
        self.session = session.into();
        page::remember(true, SESSION, session);
    }

    /// Remembers everything written that the server does not have.
    pub fn keep_draft(&self) {
        let turn = self
            .turn
            .as_ref()
            .or(self.failed.as_ref())
            .filter(|turn| !turn.has_begun());
        let unsent = turn.map_or("", |turn| &turn.message);
        page::remember(false, DRAFT, &lines(unsent, &page::draft()));
    }

    fn typed(&self) {
        self.keep_draft();
        self.show_busy();
        let length = length(&page::draft());
        let (class, text) = match length {
            0..COUNTER_FROM => ("", String::new()),
            COUNTER_FROM..=MAX_MESSAGE => (
                "",
                [&number::text(length), " / ", &number::text(MAX_MESSAGE)].concat(),
            ),
            _ => (
                "over",
                [&word("too_long"), " ", &number::text(length - MAX_MESSAGE)].concat(),
            ),
        };
        self.page.set("counter", "class", class);
        self.page.show_text("counter", &text);
    }

    /// Makes the send button a stop button, or a send button again.
    pub fn show_busy(&self) {
        let busy = self.turn.is_some();
        self.page
            .set("send", "class", if busy { "icon busy" } else { "icon" });
        self.page.label("send", &word(if busy { "stop" } else { "send" }));
        page::enable("send", busy || is_whole(&page::draft()));
    }

    /// Whether a message can be sent now.
    pub fn is_free(&self) -> bool {
        self.turn.is_none() && self.config.is_some() && !self.loading && !self.is_gated
    }

    fn send(&mut self) {
        let message = page::draft();
        if self.is_free() && is_whole(&message) {
            page::set_draft("");
            self.ask(&message);
            self.typed();
        }
    }

    fn ask(&mut self, message: &str) {
        let message = message.trim_ascii();
        if message.is_empty() && page::attached() < 1 {
            return;
        }
        if self.turn.is_some() {
            // One at a time: this one waits in the box.
            page::set_draft(&lines(&page::draft(), message));
            return self.typed();
        }
        if !self.is_free() {
            self.waiting = message.into();
            return;
        }
        self.give_up();
        self.page.show("notice", false);
        self.page.remove("ideas");
        self.add_question(message);
        page::attach();
        self.add_answer();
        self.begin_turn(message, String::new());
        self.page.text("spoken", &word("thinking"));
        page::follow(true);
        self.keep_draft();
        self.tell_message("user");
    }

    /// Tells the host page that someone said something, not what.
    pub fn tell_message(&self, role: &str) {
        page::tell("message", &JsValue::from_str(role));
    }

    fn add_question(&self, text: &str) {
        let question = Element(instance("t-question"));
        question.text("text", text);
        self.page.add("log", &question);
        self.page.show("new", true);
    }

    fn add_answer(&mut self) -> &mut Answer {
        let index = self.answers.len();
        let answer = Answer::new(&self.title, index as u32);
        self.page.add("log", &answer.root);
        self.answers.push(answer);
        &mut self.answers[index]
    }

    /// Offers the questions in this field under the last message.
    pub fn offer(&self, from: &Json, field: &str) {
        self.page.remove("ideas");
        let group = Element(instance("t-ideas"));
        group.set("", "aria-label", &word("suggestions"));
        let mut is_empty = true;
        for question in from.texts(field) {
            let idea = Element(instance("t-idea"));
            idea.text("", &question);
            group.add("", &idea);
            is_empty = false;
        }
        if !is_empty {
            self.page.add("log", &group);
        }
    }

    /// Holds the chat back while a form has to be filled in first, or goes on with it.
    fn gate(&mut self, is_closed: bool) {
        self.is_gated = is_closed;
        self.page.show("composer", !is_closed);
        if is_closed {
            return self.page.remove("ideas");
        }
        self.focus();
        self.ask_waiting();
    }

    /// Has the form for the visitor's details shown in its time.
    pub fn offer_lead(&self, is_due: bool, is_empty: bool) {
        let form = self.config.as_ref().map(|config| config.get("lead_form"));
        if let Some(form) = form.filter(|form| form.0.is_object()) {
            page::offer_lead(&form.0, is_due, is_empty);
        }
    }

    fn clear(&mut self) {
        page::stop();
        self.is_gated = false;
        self.turn = None;
        self.failed = None;
        self.answers.clear();
        self.page.clear("log");
        self.page.text("spoken", "");
        self.page.show("new", false);
        self.page.show("notice", false);
        self.typed();
    }

    /// Begins another conversation and offers the way back.
    fn begin_anew(&mut self) {
        if !self.session.is_empty() {
            self.previous = self.session.clone();
            self.set_session("");
        }
        self.clear();
        self.page.show("composer", true);
        self.greet();
        self.offer_lead(false, true);
        if !self.previous.is_empty() {
            self.notice(&word("new_chat_begun"), &word("back"), "back");
        }
        self.focus();
    }

    /// Returns to the conversation before this one.
    fn go_back(&mut self) {
        let previous = core::mem::take(&mut self.previous);
        if !previous.is_empty() {
            self.set_session(&previous);
            self.load();
        }
    }

    /// Loads the bot and the conversation to resume.
    pub fn load(&mut self) {
        self.loading = true;
        page::load(&self.url, &self.session, &self.token);
    }

    /// The site says who the visitor is, or, with no token, that they signed out.
    fn identify(&mut self, token: String) {
        let before = core::mem::replace(&mut self.token, token);
        if self.token == before {
            return;
        }
        if self.token.is_empty() {
            self.set_session("");
            page::forget_lead();
            self.previous.clear();
            return self.load();
        }
        if self.failed.is_some() {
            return self.retry();
        }
        // A conversation that could not be read before may be theirs.
        if before.is_empty() && self.turn.is_none() {
            self.load();
        }
    }

    fn loaded(&mut self, replies: &Json) {
        self.loading = false;
        self.clear();
        let (config, session) = (replies.get("config"), replies.get("session"));
        let is_away = |reply: &Json| matches!(reply.number("status"), Some(0 | 429 | 500..));
        if is_away(&config) || is_away(&session) {
            return self.notice(&word("cannot_load"), &word("retry"), "reload");
        }
        let is_there = config.number("status") == Some(200);
        self.page.show("composer", is_there);
        if !is_there {
            return self.notice(&word("unavailable"), "", "");
        }
        let config = config.get("body");
        self.apply(&config);
        self.config = Some(config);
        self.greet();
        match session.number("status") {
            Some(200) => self.replay(&session.get("body")),
            // Gone, or another bot's: begin a new one. It may also be that of a visitor whom the site has yet to name.
            Some(404) if !self.token.is_empty() => self.set_session(""),
            _ => {}
        }
        if self.token.is_empty() && self.is_verified_only() {
            self.notice(&word("sign_in"), "", "");
        }
        // The conversation may have begun with the form: then nothing was said in it.
        self.offer_lead(false, session.get("body").items("messages").next().is_none());
        self.ask_waiting();
    }

    /// Asks what waited for the bot, or for the form before it.
    fn ask_waiting(&mut self) {
        let waiting = core::mem::take(&mut self.waiting);
        if !waiting.is_empty() {
            self.ask(&waiting);
        }
    }

    /// Takes title and look from the bot's settings.
    fn apply(&mut self, config: &Json) {
        self.title = config.text("title");
        self.page.text("title", &self.title);
        self.page.text("page-title", &self.title);
        page::look(&config.0);
    }

    fn is_verified_only(&self) -> bool {
        let config = self.config.as_ref();
        config.is_some_and(|config| config.is_true("verified_only"))
    }

    fn greet(&mut self) {
        let Some(config) = self.config.take() else { return };
        let greeting = config.text("greeting");
        if !greeting.is_empty() {
            self.say(greeting);
        }
        self.offer(&config, "suggested_questions");
        self.config = Some(config);
    }

    /// Says something that is no answer: nothing to copy.
    fn say(&mut self, text: String) {
        let answer = self.add_answer();
        answer.text = text;
        answer.finish();
        answer.root.remove("tools");
    }

    /// Shows a conversation that was had before, and goes on with the answer that was under way.
    fn replay(&mut self, session: &Json) {
        let unanswered = self.say_again(session);
        let first_event = page::recall(false, ANSWER);
        if !unanswered.is_empty() && !first_event.is_empty() {
            self.add_answer().begin();
            self.begin_turn(&unanswered, first_event);
        }
        page::follow(true);
    }

    /// Shows messages of the conversation, and returns the question at the end that has no answer.
    fn say_again(&mut self, session: &Json) -> String {
        let mut unanswered = String::new();
        let url = [&self.url, FEEDBACK].concat();
        let id = self.session.clone();
        for message in session.items("messages") {
            self.page.remove("ideas");
            let text = message.text("content");
            if message.text("role") == "user" {
                self.add_question(&text);
                unanswered = text;
                continue;
            }
            unanswered.clear();
            let answer = self.add_answer();
            answer.text = text;
            answer.set_sources(&message);
            answer.finish();
            answer
                .root
                .rateable(&url, &id, &message.text("id"), &message.text("rating"));
        }
        unanswered
    }
}

/// Both texts, one under the other.
fn lines(first: &str, second: &str) -> String {
    let gap = if first.is_empty() || second.is_empty() {
        ""
    } else {
        "\n"
    };
    [first, gap, second].concat()
}

/// Whether there is a message that can be sent: of words, of files, or both.
fn is_whole(text: &str) -> bool {
    let files = page::attached();
    let length = length(text);
    files >= 0 && (length > 0 || files > 0) && length <= MAX_MESSAGE
}

/// Characters of a message as the server counts them.
fn length(text: &str) -> u32 {
    // Every byte but those that continue a character.
    text.trim_ascii()
        .bytes()
        .map(|byte| u32::from(byte & 0xc0 != 0x80))
        .sum()
}
