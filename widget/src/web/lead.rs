//! The form in which a visitor leaves their details, among the messages.

use alloc::string::String;
use alloc::vec::Vec;

use super::app::App;
use super::page::{self, Element, Json, close, instance, mark, open, put};

/// Under this name stands, for good, that details were left.
const SENT: &str = "lead";
/// Under this name stands, for the life of the tab, that the form is open or was skipped.
const STATE: &str = "lead-state";
/// Under this name stands what is typed into it.
const TYPED: &str = "lead-typed";

/// A form on the screen.
pub struct Lead {
    root: Element,
    /// The names of its fields, as the server calls them in what it refuses.
    names: Vec<String>,
    sending: bool,
}

impl App {
    /// Shows the form at the beginning of a conversation: if it comes before the chat and nothing was asked yet, or if it
    /// was open when the page went.
    pub fn begin_with_lead(&mut self, was_asked: bool) {
        let form = self.lead_form();
        let is_before = form.get("timing").text("when") == "before_chat";
        if (is_before && !was_asked) || page::recall(false, STATE) == "open" {
            self.offer_lead();
        }
    }

    /// Shows the form, unless it was sent, skipped, or is there.
    pub fn offer_lead(&mut self) {
        let was_skipped = page::recall(false, STATE) == "skipped";
        let was_sent = !page::recall(true, SENT).is_empty();
        let form = self.lead_form();
        if self.lead.is_none() && !was_skipped && !was_sent && form.is_there() {
            self.show_lead(&form);
        }
    }

    fn lead_form(&self) -> Json {
        match &self.config {
            Some(config) => config.get("lead_form"),
            None => Json::parse(""),
        }
    }

    fn show_lead(&mut self, form: &Json) {
        let root = Element(instance("t-lead"));
        root.text("lead-title", &form.text("title"));
        root.text("lead-send", &self.texts.send);
        root.text("lead-skip", &self.texts.skip);
        let is_before = form.get("timing").text("when") == "before_chat";
        let can_skip = form.is_true("skippable");
        root.show("lead-skip", can_skip);
        let mut names = Vec::new();
        root.draw("lead-fields", 0);
        for field in form.items("fields") {
            names.push(self.draw_field(&field));
        }
        let consent = form.text("consent");
        if !consent.is_empty() {
            self.draw_check("consent", &consent);
            names.push("consent".into());
        }
        self.page.add("log", &root);
        page::refill(&root.0, &page::recall(false, TYPED));
        page::remember(false, STATE, "open");
        self.page.text("spoken", &form.text("title"));
        self.lead = Some(Lead {
            root,
            names,
            sending: false,
        });
        self.gate(is_before || !can_skip);
        page::follow(true);
    }

    /// Nothing can be asked while a form that comes first is open.
    fn gate(&mut self, is_closed: bool) {
        self.is_gated = is_closed;
        self.page.show("composer", !is_closed);
        if is_closed {
            self.page.remove("ideas");
        }
    }

    /// Label, control, and room for what is wrong. Returns its name.
    fn draw_field(&self, field: &Json) -> String {
        let name = ["answers.", &field.text("key")].concat();
        let label = field.text("label");
        let label = if field.is_true("required") {
            label
        } else {
            [&label, " (", &self.texts.optional, ")"].concat()
        };
        let kind = field.text("kind");
        if kind == "checkbox" {
            self.draw_check(&name, &label);
            return name;
        }
        open("div");
        mark("class", "field");
        open("label");
        mark("for", &name);
        mark("dir", "auto");
        put(&label);
        close();
        match &*kind {
            "select" => {
                open("select");
                name_control(&name);
                draw_option("", &self.texts.choose);
                field
                    .texts("options")
                    .for_each(|option| draw_option(&option, &option));
            }
            "textarea" => {
                open("textarea");
                name_control(&name);
                mark("rows", "3");
            }
            kind => {
                let (kind, fill) = match kind {
                    "email" => ("email", "email"),
                    "phone" => ("tel", "tel"),
                    _ if name == "answers.name" => ("text", "name"),
                    _ => ("text", "on"),
                };
                open("input");
                name_control(&name);
                mark("type", kind);
                mark("autocomplete", fill);
            }
        }
        close();
        draw_wrong(&name);
        close();
        name
    }

    fn draw_check(&self, name: &str, label: &str) {
        open("div");
        mark("class", "field");
        open("label");
        mark("class", "check");
        open("input");
        name_control(name);
        mark("type", "checkbox");
        close();
        open("span");
        mark("dir", "auto");
        put(label);
        close();
        close();
        draw_wrong(name);
        close();
    }

    /// What is typed survives a reload.
    pub fn keep_lead(&self) {
        if let Some(lead) = &self.lead {
            page::remember(false, TYPED, &page::filled(&lead.root.0));
        }
    }

    /// Sends it.
    pub fn send_lead(&mut self) {
        let Some(lead) = self.lead.as_mut().filter(|lead| !lead.sending) else {
            return;
        };
        lead.sending = true;
        for name in &lead.names {
            lead.say_wrong(name, "");
        }
        lead.root.show_text("lead-error", "");
        page::enable("lead-send", false);
        let url = [&self.url, "/leads"].concat();
        page::leave(&url, &lead.root.0, &self.session, &self.token);
    }

    /// The server answered to it.
    pub fn lead_answered(&mut self, reply: &Json) {
        let Some(lead) = &mut self.lead else { return };
        lead.sending = false;
        page::enable("lead-send", true);
        let body = reply.get("body");
        let code = body.text("code");
        match (reply.number("status").unwrap_or_default(), &*code) {
            (201, _) => {
                page::remember(true, SENT, "sent");
                self.set_session(&body.text("session_id"));
                self.say(&body.text("message"));
                self.close_lead("");
            }
            (404, "session_not_found") => {
                self.set_session("");
                self.send_lead();
            }
            // It was switched off meanwhile.
            (404, _) => self.close_lead(""),
            (422, _) => self.lead_refused(&body),
            (_, "visitor_unverified") => self.lead_failed(&self.texts.sign_in),
            (429, _) => self.lead_failed(&self.texts.busy),
            _ => self.lead_failed(&self.texts.not_sent),
        }
    }

    /// The visitor does not want to.
    pub fn skip_lead(&mut self) {
        self.close_lead("skipped");
        self.focus();
    }

    fn close_lead(&mut self, state: &str) {
        let Some(lead) = self.lead.take() else { return };
        lead.root.remove_self();
        page::remember(false, STATE, state);
        page::remember(false, TYPED, "");
        self.gate(false);
        if state.is_empty() {
            self.focus();
        }
        self.ask_waiting();
    }

    /// Another visitor is at the screen: they are asked anew.
    pub fn forget_lead(&mut self) {
        page::remember(true, SENT, "");
        page::remember(false, STATE, "");
        page::remember(false, TYPED, "");
    }

    /// Says at each field what is wrong, in the visitor's language, and goes to the first one.
    fn lead_refused(&self, problem: &Json) {
        let Some(lead) = &self.lead else { return };
        let mut first = None;
        for error in problem.items("errors") {
            let field = error.text("field");
            let Some(name) = lead.names.iter().find(|name| **name == field) else {
                continue;
            };
            let is_empty = page::value_of(&lead.root.0, name).trim_ascii().is_empty();
            let text = match &**name {
                "consent" => &self.texts.agree,
                _ if is_empty => &self.texts.fill_in,
                _ => &self.texts.check_this,
            };
            lead.say_wrong(name, text);
            first = first.or(Some((name, text)));
        }
        match first {
            Some((name, text)) => {
                lead.root.focus(name);
                self.page.text("spoken", text);
            }
            None => self.lead_failed(&self.texts.fill_in),
        }
    }

    fn lead_failed(&self, text: &str) {
        if let Some(lead) = &self.lead {
            lead.root.show_text("lead-error", text);
        }
        page::follow(false);
    }
}

impl Lead {
    /// Says what is wrong with a field, or takes it back.
    fn say_wrong(&self, name: &str, text: &str) {
        self.root.show_text(&wrong(name), text);
        let is_wrong = if text.is_empty() { "false" } else { "true" };
        self.root.set(name, "aria-invalid", is_wrong);
    }
}

fn wrong(name: &str) -> String {
    ["wrong ", name].concat()
}

/// The names by which a control is found, labelled and told wrong.
fn name_control(name: &str) {
    mark("name", name);
    mark("id", name);
    mark("data-part", name);
    mark("dir", "auto");
    mark("aria-describedby", &["wrong-", name].concat());
}

fn draw_option(value: &str, label: &str) {
    open("option");
    mark("value", value);
    put(label);
    close();
}

fn draw_wrong(name: &str) {
    open("p");
    mark("class", "wrong");
    mark("id", &["wrong-", name].concat());
    mark("data-part", &wrong(name));
    mark("hidden", "");
    close();
}
