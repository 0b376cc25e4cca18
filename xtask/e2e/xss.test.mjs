// Texts that would run a script, taken for what they are: as documents, as what visitors and models say, and as every
// name that somebody can give. In the dashboard, on the hosted page and in the widget on a page of another site, no
// script runs, nobody else is asked for anything, and no markup comes of it, so that no policy has to save anybody.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

import { signUp } from "./api.mjs";
import { openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { startSite } from "./site.mjs";
import { payloads } from "./xss_payloads.mjs";

const LONGEST_NAME = 80;
// So many turns stand in one conversation, and so many hosted pages are opened; the list of bots shows all names.
const TURNS = 20;
const HOSTED = 24;

test("no text is ever a script", async (t) => {
  const evil = await startEvil(t);
  const all = payloads(evil.origin);
  assert.ok(all.length >= 300, `${all.length} payloads`);
  // Several stand together, so that it stays quick; each by itself in a line of its own.
  const texts = packed(all, 400);
  const model = await startModel(t, texts);
  const server = await startServer(t, "xss", {
    BOTWRIGHT_OUTBOUND_ALLOW: `["127.0.0.1:${model.port}"]`,
    BOTWRIGHT_CHAT_REQUESTS_PER_MINUTE: "100000",
    // Words are enough to find them by.
    BOTWRIGHT_MODELS_DIR: "/nowhere",
    BOTWRIGHT_BOT_REQUESTS_PER_MINUTE: "0",
    BOTWRIGHT_WORKSPACE_REQUESTS_PER_MINUTE: "0",
    BOTWRIGHT_CALLER_REQUESTS_PER_MINUTE: "0",
  });
  const call = await signUp(server.url);
  const planted = await plant(call, server.url, model, all, texts);

  const browser = await openBrowser(t, "xss");
  const watch = await watched(browser, evil.origin, all);
  await hosted(watch, server.url, planted);
  await embedded(t, watch, server.url, planted);
  await dashboard(watch, browser, server.url, planted);

  t.diagnostic(`${all.length} payloads, ${watch.looked} looks at ${watch.pages.length} pages, ${watch.requests} requests`);
  t.diagnostic(`refused by a policy: ${watch.refused.length}`);
  assert.deepEqual(watch.ran, [], "a script ran");
  assert.deepEqual(watch.asked, [], "another origin was asked");
  assert.deepEqual(watch.made, [], "markup came of a text");
  assert.deepEqual(watch.refused, [], "a policy had to refuse something");
  assert.equal(evil.hits(), 0, "somebody came to the other server");
  // All of that would be seen.
  await wouldBeSeen(watch, evil);
});

// The other server: it counts connections.
async function startEvil(t) {
  let hits = 0;
  const server = createServer((_, response) => response.writeHead(204).end()).listen(0, "127.0.0.1");
  server.on("connection", () => (hits += 1));
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${server.address().port}`, hits: () => hits };
}

// A model that says the payload whose number is in the question, such as `#17`; of several, the last.
async function startModel(t, texts) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const number = [...body.matchAll(/#(\d+)#/g)].at(-1)?.[1];
    const text = texts[Number(number)] ?? "Hello.";
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    // In pieces, so that half of a tag is shown, too.
    for (let i = 0; i < text.length; i += 7) {
      const delta = { choices: [{ index: 0, delta: { content: text.slice(i, i + 7) } }] };
      response.write(`data: ${JSON.stringify(delta)}\n\n`);
    }
    const end = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
    response.end(`data: ${JSON.stringify(end)}\n\ndata: [DONE]\n\n`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: server.address().port };
}

// Does something for each, a few at a time.
async function each(items, work) {
  const waiting = [...items.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await work(next[1], next[0]);
  };
  await Promise.all([1, 2, 3, 4].map(worker));
}

// Texts of at most `length` characters with all payloads in them, in order.
function packed(all, length) {
  const texts = [];
  for (const payload of all) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + payload.length + 2 <= length) texts[texts.length - 1] += `\n\n${payload}`;
    else texts.push(payload.slice(0, length));
  }
  return texts;
}

const oneLine = (text) => text.replace(/\s+/g, " ").trim();

async function plant(call, url, model, all, texts) {
  // Numbered, since no two bots may have one name.
  const names = packed(all.map(oneLine), LONGEST_NAME - 4).map((name, n) => `${oneLine(name)} ${n}`);
  const provider = await call("POST", "/providers", {
    name: names[0],
    base_url: `http://127.0.0.1:${model.port}/v1`,
    default_model: names[1],
  });
  const kb = await knowledge(call, all, texts, names);
  const base = await call("POST", "/chatbots/draft", {});
  await call("DELETE", `/chatbots/draft/${base.id}`);
  // All of them as names of bots; greeting, questions and all else go along.
  const bots = [];
  await each(names, async (name, n) => {
    const draft = await call("POST", "/chatbots/draft", {});
    const content = {
      ...base.content,
      name,
      greeting: all[n],
      instructions: all[n],
      fallback_message: all[n],
      suggested_questions: [0, 1, 2].map((i) => oneLine(all[(n + i) % all.length]).slice(0, 120)),
      knowledge_base_ids: [kb],
      model: { kind: "provider", provider_id: provider.id, model: "m" },
    };
    content.appearance = { ...base.content.appearance, title: name.slice(0, 60) };
    await call("PUT", `/chatbots/draft/${draft.id}`, { version: draft.version, content });
    bots[n] = (await call("POST", `/chatbots/draft/${draft.id}/deploy`)).bot_id;
  });
  const sessions = await talk(url, bots[0], texts);
  const draft = await call("POST", "/chatbots/draft", { from: bots[0] });
  const set = await tests(call, texts, names, bots[0]);
  await call("PUT", "/auth/me", { name: names[3] });
  await call("PUT", "/workspace", { name: names[4] });
  await call("PUT", "/organization", { name: names[5] });
  await call("POST", "/api-keys", { name: names[6], scopes: ["read"] });
  const { workspace } = await call("GET", "/auth/me");
  return { kb, bots, sessions, draft: draft.id, set, workspace: workspace.id };
}

// A knowledge base that has them as titles, texts, file names, questions and answers; its id, once it is indexed.
async function knowledge(call, all, texts, names) {
  const draft = await call("POST", "/kb/draft", {});
  const path = `/kb/draft/${draft.id}`;
  const sources = packed(all, 190).map((title, n) => ({
    kind: "text",
    title: oneLine(title),
    text: texts[n % texts.length],
  }));
  await call("PUT", `${path}/sources`, { sources });
  const pairs = texts.map((text, n) => ({ question: `${text} #${n}#`, answer: text }));
  await call("PUT", `${path}/sources`, { sources: [{ kind: "qa", title: names[7], pairs }] });
  for (const name of names.slice(0, 8)) {
    const form = new FormData();
    form.append("file", new Blob([`<h1>${name}</h1><p>${all.join("\n")}</p>`.slice(0, 4000)]), `${name.slice(0, 60)}.md`);
    await call("PUT", `${path}/sources`, form);
  }
  const { version, content } = await call("GET", path);
  await call("PUT", path, { version, name: names[8], description: all[8], chunking: content.chunking });
  const { knowledge_base_id: id } = await call("POST", `${path}/finalize`);
  for (;;) {
    const { progress } = await call("GET", `/kb/${id}`);
    if (progress.indexed + progress.failed === progress.total) return id;
    await delay(100);
  }
}

// Every payload as a question and as its answer; the ids of the conversations.
async function talk(url, bot, texts) {
  const parts = [];
  for (let i = 0; i < texts.length; i += TURNS) parts.push(i);
  const sessions = [];
  await each(parts, async (begin, part) => {
    for (let n = begin; n < Math.min(begin + TURNS, texts.length); n += 1) {
      const response = await fetch(`${url}/api/v1/bots/${bot}/chat`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ message: `${texts[n]} #${n}#`, session_id: sessions[part] }),
      });
      const answer = await response.json();
      assert.ok(response.ok, `${response.status} ${JSON.stringify(answer)}`);
      sessions[part] = answer.session_id;
    }
  });
  return sessions;
}

async function tests(call, texts, names, bot) {
  const set = await call("POST", "/test-sets", { name: names[9] });
  await each(texts.slice(0, 20), (text) =>
    call("POST", `/test-sets/${set.id}/cases`, {
      question: text,
      expectation: { kind: "answered", answer: text },
    }),
  );
  await call("POST", `/test-sets/${set.id}/runs`, { bot_id: bot });
  return set.id;
}

// What is looked for in a page, before and after anything of it is there.
function sentinel({ evil }) {
  const tell = (what) => window.__tell(`${what} at ${location.href}`);
  window.__xss = () => tell("__xss");
  for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => tell(name);
  document.addEventListener("securitypolicyviolation", (event) =>
    window.__refused(`${event.violatedDirective}: ${event.blockedURI} at ${location.href}`),
  );
  // What no text may become, whatever a policy says about it.
  window.__made = () => {
    const made = [];
    const looks = (root) => {
      for (const element of root.querySelectorAll("*")) {
        const tag = element.localName;
        const say = (what) => made.push(`${what}: ${element.outerHTML.slice(0, 200)}`);
        if (/^(base|embed|object|applet|portal|frame|frameset|marquee|animate|set|foreignobject|feimage|mglyph|xmp|plaintext)$/i.test(tag)) say(tag);
        if (tag === "meta" && element.httpEquiv && element.httpEquiv !== "Content-Security-Policy") say("meta");
        for (const { name, value } of element.attributes) {
          if (/^on/i.test(name)) say("handler");
          if (name === "srcdoc" || name === "ping" || name === "background") say(name);
          if (!/^(href|xlink:href|src|srcset|action|formaction|data|poster|style)$/.test(name)) continue;
          const plain = value.replace(/[\u0000-\u0020]/g, "").toLowerCase();
          if (/^(javascript|vbscript|view-source|feed|blob|data:text|data:image\/svg)/.test(plain)) say("address");
          const loads = !(tag === "a" && name === "href");
          if (loads && value.includes(evil)) say("beacon");
        }
        if (tag === "a" && element.href.startsWith(evil) && !element.relList.contains("noopener")) say("opener");
        if (element.shadowRoot) looks(element.shadowRoot);
      }
    };
    looks(document);
    if (document.getElementById("__clobber") || document.__clobber || document.getElementsByName("__clobber").length > 0) {
      made.push("a name on the document");
    }
    return made;
  };
}

async function watched(browser, evil) {
  const watch = { ran: [], asked: [], made: [], refused: [], pages: [], looked: 0, requests: 0 };
  watch.open = async (origins, options) => {
    const page = await browser.newPage(options);
    const context = page.context();
    await context.exposeBinding("__tell", (_, what) => watch.ran.push(what));
    await context.exposeBinding("__refused", (_, what) => watch.refused.push(what));
    await context.addInitScript(sentinel, { evil });
    page.on("dialog", (dialog) => {
      // Leaving a page with changes asks, too; that is ours.
      if (dialog.type() !== "beforeunload") watch.ran.push(`${dialog.type()} at ${page.url()}`);
      dialog.dismiss();
    });
    context.on("request", (request) => {
      watch.requests += 1;
      const { origin, protocol } = new URL(request.url());
      const isOurs = origins.includes(origin) || (["data:", "blob:"].includes(protocol) && request.resourceType() !== "document");
      if (!isOurs) watch.asked.push(request.url());
    });
    context.on("page", (opened) => watch.ran.push(`a window was opened: ${opened.url()}`));
    watch.pages.push(page);
    return page;
  };
  // Looks at every frame of a page; handlers of what has just been put there have run by then.
  watch.look = async (page) => {
    watch.looked += 1;
    for (const frame of page.frames()) {
      await frame.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
      for (const made of await frame.evaluate(() => window.__made())) watch.made.push(`${frame.url()}: ${made}`);
    }
  };
  return watch;
}

// The page of each kind of bot, a conversation of each part, and one that goes on.
async function hosted(watch, url, { bots, sessions, workspace }) {
  const page = await watch.open([url]);
  const step = Math.ceil(bots.length / HOSTED);
  for (const bot of bots.filter((_, n) => n % step === 0)) {
    await page.goto(`${url}/chat/${workspace}/${bot}`);
    await page.getByRole("textbox").waitFor();
    await watch.look(page);
  }
  for (const session of sessions) {
    await page.evaluate(([bot, id]) => localStorage.setItem(`botwright:session:${bot}`, id), [bots[0], session]);
    await page.goto(`${url}/chat/${workspace}/${bots[0]}`);
    await page.locator("article.question").first().waitFor();
    await watch.look(page);
  }
  await ask(page, page, [0, 20, 40]);
  await watch.look(page);
}

// Asks for these payloads, and waits for each answer.
async function ask(page, frame, numbers) {
  for (const n of numbers) {
    const answered = page.waitForResponse((response) => new URL(response.url()).pathname.endsWith("/chat"));
    await frame.getByRole("textbox").fill(`<img src=x onerror=__xss(1)> #${n}#`);
    await frame.getByRole("textbox").press("Enter");
    await (await answered).finished();
  }
}

async function embedded(t, watch, url, { bots, sessions }) {
  const code = `<script async src="${url}/widget.js" data-bot="${bots[0]}"></script>`;
  const site = await startSite(t, url, code);
  const page = await watch.open([url, new URL(site).origin]);
  await page.goto(site);
  await page.getByRole("button", { name: "Chat" }).click();
  const frame = page.frameLocator("botwright-widget iframe");
  await frame.getByRole("textbox").waitFor();
  await watch.look(page);
  await ask(page, frame, [1, 30, 50]);
  await watch.look(page);
  assert.ok(sessions.length > 0);
}

async function dashboard(watch, browser, url, { kb, bots, sessions, draft, set }) {
  const page = await watch.open([url]);
  await page.goto(url);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByLabel("Password", { exact: true }).press("Enter");
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
  const settle = async (path, shot) => {
    if (path) await page.goto(`${url}${path}`);
    await page.waitForLoadState("networkidle");
    await watch.look(page);
    if (shot) await browser.shoot(page, shot);
  };
  await settle("/bots", "bots");
  await settle(`/bots/${bots[0]}`, "bot");
  await settle(`/bots/draft/${draft}`, "builder");
  const chat = page.getByRole("region", { name: "Test the draft" });
  await chat.getByLabel("Message", { exact: true }).fill("<img src=x onerror=__xss(1)> #22#");
  await chat.getByRole("button", { name: "Send" }).click();
  await chat.getByTestId("answer").first().waitFor();
  await settle();
  await settle("/knowledge");
  await settle(`/knowledge/${kb}`, "documents");
  const box = page.getByRole("searchbox", { name: "Question" });
  await box.fill("<script>__xss(1)</script> javascript onerror");
  await box.press("Enter");
  await page.getByTestId("candidates").waitFor();
  await settle(null, "search");
  for (const n of [0, 5, 10]) {
    await page.getByRole("button", { name: /^Show the chunks of/ }).nth(n).click();
    await page.getByRole("dialog").getByTestId("chunk").first().waitFor();
    await settle(null, `chunks-${n}`);
    await page.keyboard.press("Escape");
  }
  await settle("/conversations");
  for (const session of sessions) {
    await page.goto(`${url}/conversations/${session}`);
    await page.getByTestId("answer").first().waitFor();
    await settle(null, "transcript");
  }
  await page.getByRole("button", { name: "Why this answer?" }).first().click();
  await page.getByRole("dialog").waitFor();
  await settle(null, "why");
  await settle("/conversations/gaps");
  await settle("/tests");
  await settle(`/tests/${set}`, "tests");
  for (const path of ["/settings", "/settings/audit", "/settings/usage", "/settings/data", "/members", "/organization", "/account"]) {
    await settle(path, path.replaceAll("/", "-").slice(1));
  }
}

// A page that does take such a text for markup: everything above notices.
async function wouldBeSeen(watch, evil) {
  const page = await watch.open([]);
  await page.route("http://careless.test/", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<img src=x onerror=__xss(1)><img src="${evil.origin}/pixel.png"><a id=__clobber href="javascript:x">x</a>`,
    }),
  );
  await page.goto("http://careless.test/");
  await watch.look(page);
  assert.ok(watch.ran.length > 0 && watch.made.length > 2);
  assert.ok(watch.asked.some((url) => url.startsWith(evil.origin)));
  assert.ok(evil.hits() > 0);
}
