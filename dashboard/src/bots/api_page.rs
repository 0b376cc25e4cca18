//! A bot from programs: examples to copy, and where keys are.

use api_types::tenancy::Role;
use leptos::prelude::*;

use super::embed::curl;
use super::frame::this_bot;
use crate::session::use_session;
use crate::ui::button::ButtonLink;
use crate::ui::choice::Choice;
use crate::ui::copy::CopyBox;
use crate::ui::icon;
use crate::ui::page::Section;

/// The language of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Curl,
    JavaScript,
    Python,
}

/// The page.
#[component]
pub fn ApiPage() -> impl IntoView {
    let this = this_bot();
    this.title(tr!("API"));
    let address = Memo::new(move |_| this.bot.with(|bot| bot.embed.api_url.clone()));
    let id = this.id.to_string();
    let language = RwSignal::new(Language::Curl);
    let options = vec![
        (Language::Curl, "curl"),
        (Language::JavaScript, "JavaScript"),
        (Language::Python, "Python"),
    ];
    let example = move || {
        let address = address.get();
        match language.get() {
            Language::Curl => curl(&address),
            Language::JavaScript => java_script(&address),
            Language::Python => python(&address),
        }
    };
    let model = id.clone();
    let compatible = move || address.with(|address| compatible(address, &model));
    let is_admin = use_session().may(Role::Admin);
    view! {
        <div class="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
            <div class="flex min-w-0 flex-col gap-5">
                <Section
                    title=tr!("Ask the bot")
                    subtitle=tr!("As its widget does: no key is needed, unless the bot is kept to visitors that you vouch for.")
                >
                    <div class="flex flex-col gap-3">
                        <div>
                            <Choice label=tr!("Language of the example") chosen=language options=options />
                        </div>
                        <CopyBox text=Signal::derive(example) what=tr!("example") />
                        <p class="muted">
                            {tr!("The answer names its sources and a session: send that with the next question, and the bot knows what was said before.")}
                        </p>
                    </div>
                </Section>
                <Section
                    title=tr!("With an OpenAI client")
                    subtitle=tr!("Any program that speaks to OpenAI speaks to the bot: the bot's id is the model, an API key the key.")
                >
                    <CopyBox text=Signal::derive(compatible) what=tr!("OpenAI example") />
                </Section>
            </div>
            <Section title=tr!("Keys and reference")>
                <dl class="mb-4 flex flex-col gap-3">
                    <div>
                        <dt class="muted mb-1">{tr!("Bot id")}</dt>
                        <dd><CopyBox text=Signal::stored(id) what=tr!("bot id") /></dd>
                    </div>
                </dl>
                <p class="muted mb-3">
                    {if is_admin {
                        tr!("Keys of programs are made in Settings. Each says what its program may do.")
                    } else {
                        tr!("Keys of programs are made in Settings, by admins.")
                    }}
                </p>
                <div class="flex flex-wrap gap-2">
                    <ButtonLink href="/settings" icon=icon::KEY_ROUND needs=Role::Admin>
                        {tr!("API keys")}
                    </ButtonLink>
                    <a
                        class="btn border-base-300 bg-base-100 hover:bg-base-200"
                        href="/docs/api"
                        rel="external"
                        target="_blank"
                    >
                        {tr!("API reference")}
                    </a>
                </div>
            </Section>
        </div>
    }
}

fn java_script(address: &str) -> String {
    format!(
        "const response = await fetch(\"{address}\", {{\n  method: \"POST\",\n  headers: {{ \"Content-Type\": \"application/json\" }},\n  \
         body: JSON.stringify({{ message: \"What can you help me with?\" }}),\n}});\n\
         const {{ response: answer, sources, session_id }} = await response.json();\nconsole.log(answer, sources);"
    )
}

fn python(address: &str) -> String {
    format!(
        "import json, urllib.request\n\nbody = json.dumps({{\"message\": \"What can you help me with?\"}}).encode()\n\
         request = urllib.request.Request(\n    \"{address}\", body, {{\"Content-Type\": \"application/json\"}}\n)\n\
         with urllib.request.urlopen(request) as response:\n    answer = json.load(response)\n\
         print(answer[\"response\"], answer[\"sources\"])"
    )
}

/// `/v1` of the server that the bot's address lies on.
fn compatible(address: &str, id: &str) -> String {
    let server = address.split_once("/api/").map_or(address, |(server, _)| server);
    format!(
        "curl {server}/v1/chat/completions \\\n  -H 'Authorization: Bearer YOUR_API_KEY' \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -d '{{\"model\": \"{id}\", \"messages\": [{{\"role\": \"user\", \"content\": \"What can you help me with?\"}}]}}'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_name_the_bot_and_its_server() {
        let address = "https://bots.example/api/v1/bots/7/chat";
        assert!(java_script(address).contains("fetch(\"https://bots.example/api/v1/bots/7/chat\""));
        assert!(python(address).contains("\"https://bots.example/api/v1/bots/7/chat\", body"));
        assert!(compatible(address, "7").starts_with("curl https://bots.example/v1/chat/completions "));
    }
}
