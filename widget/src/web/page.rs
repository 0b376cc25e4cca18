//! The browser, as `page.js` offers it.

use alloc::string::String;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/web/page.js")]
extern "C" {
    /// Hears of everything that happens: its name and details.
    pub fn listen(handler: &JsValue);

    /// The whole document.
    pub fn page() -> JsValue;
    /// A fresh copy of a template.
    pub fn instance(template: &str) -> JsValue;
    fn text(scope: &JsValue, part: &str, value: &str);
    fn show(scope: &JsValue, part: &str, shown: bool);
    fn attribute(scope: &JsValue, part: &str, name: &str, value: &str);
    fn add(scope: &JsValue, part: &str, child: &JsValue);
    fn clear(scope: &JsValue, part: &str);
    fn remove(scope: &JsValue, part: &str);
    fn focus(scope: &JsValue, part: &str);
    fn spoken(scope: &JsValue, part: &str) -> String;
    /// A text of the interface, in the visitor's language: see `static/i18n/en.json`.
    pub fn word(name: &str) -> String;
    /// Takes the bot's look from its settings and hands it on to the host page.
    pub fn look(config: &JsValue);
    /// Enables or disables a button of the page.
    pub fn enable(part: &str, enabled: bool);
    /// Whether the visitor points with a mouse.
    #[wasm_bindgen(js_name = hasMouse)]
    pub fn has_mouse() -> bool;

    fn draw(scope: &JsValue, part: &str, kept: usize);
    /// Begins an element inside the current one.
    pub fn open(tag: &str);
    /// Gives the current element an attribute.
    pub fn mark(name: &str, value: &str);
    /// Adds text to the current element.
    pub fn put(text: &str);
    /// Ends the current element.
    pub fn close();

    /// What is written in the box.
    pub fn draft() -> String;
    /// Writes into the box.
    #[wasm_bindgen(js_name = setDraft)]
    pub fn set_draft(text: &str);
    /// Scrolls to the end if the visitor is there, or `always`.
    pub fn follow(always: bool);

    /// What was remembered of this bot under this name, `lasting` or for the life of the tab.
    pub fn recall(lasting: bool, name: &str) -> String;
    /// Remembers; an empty text is forgotten.
    pub fn remember(lasting: bool, name: &str, value: &str);

    /// The id of the bot that the page's address names, fit for a URL.
    pub fn bot() -> String;
    /// Tells the host page something.
    pub fn tell(what: &str, details: &JsValue);

    #[wasm_bindgen(js_name = copy)]
    fn copy_text(text: &str, scope: &JsValue, part: &str);

    /// Gets the bot at this address, unless empty a conversation, and the words of the visitor's language: `loaded` follows.
    pub fn load(url: &str, session: &str, token: &str);
    /// How many files are in the box; -1 while one is on its way.
    pub fn attached() -> i32;
    /// Puts them into the question that was added last; they go along when it is asked.
    pub fn attach();
    /// Asks: `chunk`s follow, then `broke`; or `refused`.
    pub fn ask(url: &str, turn: u32, message: &str, session: &str, after: &str, token: &str);
    fn rateable(scope: &JsValue, url: &str, session: &str, message: &str, rating: &str);
    /// Has the form for the visitor's details shown, if it is `due`, or comes first and the conversation is `empty`.
    #[wasm_bindgen(js_name = offerLead)]
    pub fn offer_lead(form: &JsValue, due: bool, empty: bool);
    /// Sends it: `lead-sent` follows if all is right.
    #[wasm_bindgen(js_name = sendLead)]
    pub fn send_lead(url: &str, session: &str, token: &str);
    /// Asks another visitor anew.
    #[wasm_bindgen(js_name = forgetLead)]
    pub fn forget_lead();
    /// Breaks the last request off.
    pub fn stop();
    /// `resume` follows.
    pub fn later(milliseconds: u32, turn: u32);

    fn parse(json: &str) -> JsValue;
    #[wasm_bindgen(js_name = textOf)]
    fn text_of(value: &JsValue, name: &str) -> String;
    #[wasm_bindgen(js_name = numberOf)]
    fn number_of(value: &JsValue, name: &str) -> i32;
    #[wasm_bindgen(js_name = isTrue)]
    fn is_true(value: &JsValue, name: &str) -> bool;
    #[wasm_bindgen(js_name = fieldOf)]
    fn field_of(value: &JsValue, name: &str) -> JsValue;
    #[wasm_bindgen(js_name = itemOf)]
    fn item_of(value: &JsValue, name: &str, at: usize) -> JsValue;
}

/// An element and the parts in it that have a `data-part`; the part `""` is the element itself.
pub struct Element(pub JsValue);

impl Element {
    /// Sets a part's text.
    pub fn text(&self, part: &str, value: &str) {
        text(&self.0, part, value);
    }

    /// Shows or hides a part.
    pub fn show(&self, part: &str, shown: bool) {
        show(&self.0, part, shown);
    }

    /// Sets a part's text and shows it, or hides it if there is none.
    pub fn show_text(&self, part: &str, value: &str) {
        text(&self.0, part, value);
        show(&self.0, part, !value.is_empty());
    }

    /// Sets a part's attribute.
    pub fn set(&self, part: &str, name: &str, value: &str) {
        attribute(&self.0, part, name, value);
    }

    /// Names a part that has no text of its own.
    pub fn label(&self, part: &str, label: &str) {
        self.set(part, "aria-label", label);
        self.set(part, "title", label);
    }

    /// Puts a child at a part's end.
    pub fn add(&self, part: &str, child: &Self) {
        add(&self.0, part, &child.0);
    }

    /// Empties a part.
    pub fn clear(&self, part: &str) {
        clear(&self.0, part);
    }

    /// Takes a part away, if it is there.
    pub fn remove(&self, part: &str) {
        remove(&self.0, part);
    }

    /// Moves the focus to a part.
    pub fn focus(&self, part: &str) {
        focus(&self.0, part);
    }

    /// A part's text as it reads on the screen.
    pub fn spoken(&self, part: &str) -> String {
        spoken(&self.0, part)
    }

    /// Moves the pen into a part, keeping its first children.
    pub fn draw(&self, part: &str, kept: usize) {
        draw(&self.0, part, kept);
    }

    /// Asks whether this answer helped.
    pub fn rateable(&self, url: &str, session: &str, message: &str, rating: &str) {
        rateable(&self.0, url, session, message, rating);
    }

    /// Copies text; then the part says so for a moment.
    pub fn copy(&self, value: &str, part: &str) {
        copy_text(value, &self.0, part);
    }
}

/// A JSON value. A field that is missing or of another type reads as empty.
pub struct Json(pub JsValue);

impl Json {
    /// Parses; what is no JSON reads as empty.
    pub fn parse(json: &str) -> Self {
        Self(parse(json))
    }

    /// A field.
    pub fn get(&self, name: &str) -> Self {
        Self(field_of(&self.0, name))
    }

    /// A field's text.
    pub fn text(&self, name: &str) -> String {
        text_of(&self.0, name)
    }

    /// A field's whole number.
    pub fn number(&self, name: &str) -> Option<u32> {
        u32::try_from(number_of(&self.0, name)).ok()
    }

    /// Whether a field is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        is_true(&self.0, name)
    }

    /// The texts in a field.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = String> {
        self.items(name).filter_map(|item| item.0.as_string())
    }

    /// A field's items, none of which is `null`.
    pub fn items(&self, name: &str) -> impl Iterator<Item = Self> {
        let item = |at| Some(item_of(&self.0, name, at)).filter(|item| !item.is_undefined());
        (0..).map_while(item).map(Self)
    }
}
