// The widget on pages of others: what the page can tell it, several bots beside each other, what it says by itself, and pages
// that make it hard.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { startSite } from "./site.mjs";

const QUESTION = "How long is the warranty of the Aurora K2?";
const bubble = (page) => page.locator("botwright-widget > div > button, botwright-widget button").first();
const chatOf = (page) => page.frameLocator("botwright-widget iframe");
const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
const tag = (server, bot, more = "") => `<script async src="${server.url}/widget.js" data-bot="${bot}"${more}></script>`;
// What the page tells the widget, before it is there.
const tell = (page, ...call) => page.evaluate((call) => window.Botwright(...call), call);
// Everything that the widget tells the page, in `window.heard`.
const hear = (page, names) =>
  page.evaluate((names) => {
    window.heard = [];
    for (const name of names) window.Botwright("on", name, (detail) => window.heard.push([name, detail]));
  }, names);
const heard = (page, name) =>
  page.waitForFunction((name) => window.heard.some(([known]) => known === name), name);

async function prepare(t, name, settings, environment) {
  const server = await startServer(t, name, environment);
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf", settings);
  const browser = await openBrowser(t, name);
  return { server, call, bot, browser };
}

async function anotherBot(call, bot, settings) {
  const { content } = await call("GET", `/bots/${bot}`);
  const draft = await call("POST", "/chatbots/draft", {});
  await call("PUT", `/chatbots/draft/${draft.id}`, { version: draft.version, content: { ...content, ...settings } });
  return (await call("POST", `/chatbots/draft/${draft.id}/deploy`)).bot_id;
}

test("the page talks to the widget and hears of it", async (t) => {
  const { server, bot, browser } = await prepare(t, "widget-api", {
    greeting: "Hello.",
    translations: [{ language: "de", greeting: "Guten Tag.", title: "Teehilfe", placeholder: "Was möchten Sie wissen?" }],
  });
  const site = await startSite(t, server.url, tag(server, bot));
  const page = await browser.newPage();
  // Called before the script is there: it is kept, and run in order.
  await page.addInitScript(() => {
    window.Botwright = function () {
      (window.Botwright.q = window.Botwright.q || []).push(arguments);
    };
    window.Botwright("setContext", { plan: "pro", "a-name-that-is-far-too-long-for-it": "x".repeat(1000) });
    window.Botwright("on", "open", () => (window.opened = true));
    // What moves on the page without the visitor having done anything.
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput } of list.getEntries()) window.shift += hadRecentInput ? 0 : value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  const sent = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/chat")) sent.push(request.postDataJSON());
  });
  await page.goto(site);
  await bubble(page).waitFor();
  await hear(page, ["ready", "close", "message", "unread"]);
  await tell(page, "open");
  const chat = chatOf(page);
  await chat.getByText("Hello.").waitFor();
  assert.equal(await page.evaluate(() => window.opened), true);

  // The page speaks German now.
  await tell(page, "setLocale", "de");
  await chat.getByText("Guten Tag.").waitFor();
  await chat.getByRole("heading", { name: "Teehilfe", level: 1 }).waitFor();
  await chat.getByPlaceholder("Was möchten Sie wissen?").waitFor();
  await tell(page, "setLocale", "en");
  await chat.getByText("Hello.").waitFor();

  await tell(page, "sendMessage", QUESTION);
  await page.waitForFunction(() => window.heard.some(([, detail]) => detail?.role === "assistant"));
  const [{ metadata, page: place }] = sent;
  assert.equal(metadata.plan, "pro");
  assert.ok(Object.entries(metadata).every(([name, value]) => name.length <= 20 && value.length <= 160));
  assert.equal(place, site);
  const events = await page.evaluate(() => window.heard.map(([name]) => name));
  assert.ok(events.includes("ready") && events.includes("message"), events.join());

  // What comes while it is closed is counted on the bubble.
  await tell(page, "sendMessage", "How often should the Aurora K2 be descaled?");
  await tell(page, "close");
  await page.getByRole("button", { name: "Chat (1)" }).waitFor();
  await browser.shoot(page, "unread");
  await tell(page, "toggle");
  await page.getByRole("button", { name: "Chat", exact: true }).waitFor();

  assert.equal(await page.evaluate(() => window.shift), 0);

  // A name of something that every object has is no command.
  const warned = page.waitForEvent("console", (message) => message.text().includes("no such command"));
  await tell(page, "constructor");
  await warned;
  await tell(page, "destroy");
  assert.equal(await page.locator("botwright-widget").count(), 0);
  assert.equal(await page.evaluate(() => typeof window.Botwright), "undefined");
  // A single-page app puts it in again.
  await page.evaluate(([src, bot]) => {
    const script = document.createElement("script");
    Object.assign(script, { src, async: true });
    script.dataset.bot = bot;
    document.body.append(script);
  }, [`${server.url}/widget.js`, bot]);
  await bubble(page).click();
  await chat.getByText(QUESTION).waitFor();
  assertNoComplaints(browser);
});

test("several widgets on one page keep to themselves", async (t) => {
  const { server, call, bot, browser } = await prepare(t, "widget-several", { greeting: "First." });
  const other = await anotherBot(call, bot, { name: "Second bot", greeting: "Second." });
  // The first one twice: it stands there once.
  const site = await startSite(t, server.url, [bot, other, bot].map((bot) => tag(server, bot)).join("\n"));
  const page = await browser.newPage();
  await page.goto(site);
  const widgets = page.locator("botwright-widget");
  await page.waitForFunction((bots) => bots.every((bot) => window.Botwright?.bots[bot]), [bot, other]);
  assert.equal(await widgets.count(), 2);
  const boxes = await widgets.locator("> div > button, button").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
  assert.ok(Math.abs(boxes[0].top - boxes[1].top) >= boxes[0].height, "the bubbles overlap");
  await page.evaluate((bot) => window.Botwright.bots[bot]("open"), bot);
  await page.frameLocator(`iframe[src*="${bot}"]`).getByText("First.").waitFor();
  await page.evaluate((bot) => window.Botwright.bots[bot]("open"), other);
  await page.frameLocator(`iframe[src*="${other}"]`).getByText("Second.").waitFor();
  await page.locator(`iframe[src*="${bot}"]`).waitFor({ state: "hidden" });
  await browser.shoot(page, "second-open");
  await page.evaluate((bot) => window.Botwright.bots[bot]("destroy"), bot);
  assert.equal(await widgets.count(), 1);
  assertNoComplaints(browser);
});

test("the bubble speaks by itself, once and one at a time", async (t) => {
  const rule = (message, trigger, page = "") => ({ message, trigger, page });
  const { server, bot, browser } = await prepare(t, "widget-proactive", {
    proactive: [
      rule("Which plan fits you?", { when: "time", seconds: 0 }, "/pricing"),
      rule("Questions about the kettle?", { when: "scroll", percent: 50 }, "/long*"),
      rule("Before you go: can I help?", { when: "exit" }, "/leave"),
    ],
    translations: [{ language: "de", proactive: ["Welcher Tarif passt zu Ihnen?"] }],
  });
  const site = await startSite(t, server.url, tag(server, bot));
  const page = await browser.newPage();
  const says = page.locator("botwright-widget").getByRole("status");

  // In the visitor's language, where it was written in that.
  const german = await browser.newPage({ locale: "de-DE" });
  await german.goto(`${site}pricing`);
  await german.locator("botwright-widget").getByText("Welcher Tarif passt zu Ihnen?").waitFor();

  await page.goto(`${site}pricing`);
  await says.getByText("Which plan fits you?").waitFor();
  await browser.shoot(page, "time");
  await hear(page, ["proactive", "open"]);
  await says.getByRole("button", { name: "Close" }).press("Escape");
  await says.getByText("Which plan fits you?").waitFor({ state: "detached" });
  await heard(page, "proactive");

  // An app that changes the address without loading: the other rule's time has come, the first is over.
  await page.evaluate(() => {
    document.body.style.minHeight = "5000px";
    history.pushState({}, "", "/long/read");
  });
  // Its own clock notices within a second.
  await page.waitForFunction(() => {
    window.scrollTo(0, window.scrollY > 4000 ? 0 : 5000);
    return document.querySelector("botwright-widget").shadowRoot.querySelector(".say")?.textContent;
  }, null, { polling: 200 });
  await says.getByText("Questions about the kettle?").waitFor();
  await says.getByRole("button", { name: "Questions about the kettle?" }).click();
  await chatOf(page).getByRole("log").waitFor();
  await heard(page, "open");

  await page.goto(`${site}leave`);
  await page.waitForFunction(() => document.querySelector("botwright-widget")?.shadowRoot.querySelector(".say"));
  await page.evaluate(() => document.documentElement.dispatchEvent(new MouseEvent("mouseleave", { clientY: -1 })));
  await says.getByText("Before you go: can I help?").waitFor();
  // Never again for this visitor.
  await page.goto(`${site}pricing`);
  await page.waitForFunction(() => document.querySelector("botwright-widget")?.shadowRoot.querySelector(".say"));
  await page.evaluate(() => new Promise((done) => setTimeout(done, 0)));
  assert.equal(await says.textContent(), "");
  assertNoComplaints(browser);
});

// What a page can do to those who are guests on it, short of leaving them out.
const HOSTILE = `
<style>
* { all: revert !important; }
botwright-widget { display: none !important; opacity: 0 !important; transform: scale(3) !important; }
button, iframe, div, svg { display: none !important; }
</style>
<script>
Object.prototype.polluted = function () {};
Array.prototype.extra = 1;
for (const kind of [Object, Array, Function, String, Promise, Map, Set]) Object.freeze(kind.prototype);
window.addEventListener("message", (event) => event.stopPropagation(), true);
</script>`;

test("a hostile page changes neither bubble nor chat", async (t) => {
  const { server, bot, browser } = await prepare(t, "widget-hostile");
  const site = await startSite(t, server.url, `${tag(server, bot)}${tag(server, bot)}`, {
    head: HOSTILE,
    policy: `default-src 'self' 'unsafe-inline'; script-src ${server.url} 'unsafe-inline'; frame-src ${server.url}; require-trusted-types-for 'script'`,
  });
  for (const [name, viewport] of [["desktop", { width: 1280, height: 860 }], ["phone", { width: 375, height: 700 }]]) {
    const page = await browser.newPage({ viewport });
    await page.goto(site);
    await bubble(page).waitFor();
    const { width, height, bottom } = await bubble(page).boundingBox().then((box) => ({ ...box, bottom: viewport.height - box.y - box.height }));
    assert.deepEqual([width, height, bottom], [56, 56, 20]);
    assert.equal(await page.locator("botwright-widget").count(), 1);
    await bubble(page).click();
    const box = chatOf(page).getByRole("textbox");
    await box.fill(QUESTION);
    await box.press("Enter");
    await chatOf(page).getByRole("button", { name: /^Source 1/ }).first().waitFor();
    await browser.shoot(page, name);
    assert.equal(await overflows(page), false);
  }
  assertNoComplaints(browser);
});

test("messages of others are not listened to", async (t) => {
  const { server, bot, browser } = await prepare(t, "widget-foreign");
  const site = await startSite(t, server.url, tag(server, bot));
  const page = await browser.newPage();
  await page.goto(site);
  await bubble(page).click();
  const chat = chatOf(page);
  await chat.getByText("Ask me anything").waitFor();
  // To the page, as if the chat had said it: from the page itself, and from a frame of another origin.
  const shown = await page.evaluate(async () => {
    window.heard = [];
    for (const name of ["message", "unread", "close"]) window.Botwright("on", name, () => window.heard.push(name));
    const frame = document.createElement("iframe");
    frame.srcdoc = "";
    document.body.append(frame);
    await new Promise((done) => frame.addEventListener("load", done));
    const arrived = new Promise((done) => {
      let count = 0;
      window.addEventListener("message", () => (count += 1) === 4 && done());
    });
    for (const botwright of ["close", "message"]) {
      window.postMessage({ botwright, details: "assistant" }, "*");
      frame.contentWindow.parent.postMessage({ botwright, details: "assistant" }, "*");
    }
    await arrived;
    return document.querySelector("botwright-widget").shadowRoot.querySelector("iframe").checkVisibility({ visibilityProperty: true });
  });
  assert.equal(shown, true);
  assert.deepEqual(await page.evaluate(() => window.heard), []);

  // To the chat, from a page that says it is another one.
  const liar = await browser.newPage();
  await liar.goto(site);
  const source = `${server.url}/widget/frame?${new URLSearchParams({ bot, origin: "https://bank.example" })}`;
  await liar.evaluate((source) => {
    const frame = document.createElement("iframe");
    frame.src = source;
    document.body.append(frame);
  }, source);
  const lied = liar.frameLocator("iframe").first();
  await lied.getByText("Ask me anything").waitFor();
  await liar.evaluate(() => {
    const frame = document.querySelector("iframe").contentWindow;
    frame.postMessage({ botwright: "send", text: "I was never typed" }, "*");
    // Handled after it: nothing but the first message could have come in between.
    return new Promise((done) => setTimeout(done, 0));
  });
  const box = lied.getByRole("textbox");
  await box.fill(QUESTION);
  await box.press("Enter");
  await lied.getByRole("button", { name: /^Source 1/ }).first().waitFor();
  assert.equal(await lied.getByText("I was never typed").count(), 0);
  assert.equal(await lied.locator("article.question").count(), 1);
});

test("blocked storage, a wrong clock, and being offline lose nothing that was typed", async (t) => {
  const { server, bot, browser } = await prepare(t, "widget-blocked");
  const site = await startSite(t, server.url, tag(server, bot));
  const page = await browser.newPage({ viewport: { width: 375, height: 700 } });
  await page.clock.setFixedTime(Date.now() + 24 * 3600 * 1000);
  // Everywhere, as with third-party storage switched off.
  await page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, { get: () => { throw new DOMException("denied", "SecurityError"); } });
    }
  });
  await page.goto(site);
  await bubble(page).click();
  const chat = chatOf(page);
  const box = chat.getByRole("textbox");
  await box.fill(QUESTION);
  await page.context().setOffline(true);
  await chat.getByText("You are offline. What you type is kept.").waitFor();
  await box.press("Enter");
  await chat.getByRole("button", { name: "Try again" }).waitFor();
  await browser.shoot(page, "offline");
  await page.context().setOffline(false);
  await chat.getByRole("button", { name: "Try again" }).click();
  await chat.getByRole("button", { name: /^Source 1/ }).first().waitFor();
  assert.equal(await overflows(page), false);
  await browser.shoot(page, "answered");
  // The host page got no cookie.
  assert.equal(await page.evaluate(() => document.cookie), "");
});

test("wherever the tag stands, and whatever bot it names", async (t) => {
  const { server, call, bot, browser } = await prepare(t, "widget-tag");
  // In the head, and as a tag manager leaves it: with nothing but an address, run when no script is the current one.
  for (const head of [tag(server, bot), tag(server, bot).replace("async", ""), `<script async src="${server.url}/widget.js?bot=${bot}"></script>`]) {
    const page = await browser.newPage();
    await page.goto(await startSite(t, server.url, "", { head }));
    await bubble(page).click();
    await chatOf(page).getByText("Ask me anything").waitFor();
  }
  assertNoComplaints(browser);

  const nobody = await browser.newPage();
  const warned = nobody.waitForEvent("console", (message) => message.text().includes("no such bot"));
  await nobody.goto(await startSite(t, server.url, tag(server, "6a5d7e3c-0000-4000-8000-000000000000")));
  await warned;
  await nobody.locator("botwright-widget").waitFor({ state: "detached" });

  // Ad blockers keep parts away: the bubble stays, with the look of the tag.
  const blocked = await browser.newPage();
  await blocked.route(/widget\/(bots|later)\//, (route) => route.abort());
  await blocked.goto(await startSite(t, server.url, tag(server, bot, ' data-color="#0a7d33" data-size="large"')));
  await bubble(blocked).click();
  const box = chatOf(blocked).getByRole("textbox");
  await box.fill(QUESTION);
  await box.press("Enter");
  await chatOf(blocked).getByRole("button", { name: /^Source 1/ }).first().waitFor();
  await browser.shoot(blocked, "parts-blocked");

  // Taken down while a visitor is there.
  const page = await browser.newPage();
  await page.goto(await startSite(t, server.url, tag(server, bot)));
  await bubble(page).click();
  await chatOf(page).getByText("Ask me anything").waitFor();
  await call("DELETE", `/bots/${bot}`);
  await chatOf(page).getByRole("textbox").fill(QUESTION);
  await chatOf(page).getByRole("textbox").press("Enter");
  await chatOf(page).getByText("This bot is not available right now.").waitFor();
});

test("a long conversation in all kinds of writing stays in its place", async (t) => {
  const { server, bot, browser } = await prepare(t, "widget-long", {}, {
    BOTWRIGHT_CHAT_REQUESTS_PER_MINUTE: "100000",
    BOTWRIGHT_BOT_REQUESTS_PER_MINUTE: "0",
    BOTWRIGHT_WORKSPACE_REQUESTS_PER_MINUTE: "0",
    BOTWRIGHT_CALLER_REQUESTS_PER_MINUTE: "0",
  });
  const texts = [
    "Donaudampfschifffahrtsgesellschaftskapitän".repeat(40),
    "https://a.example/" + "very-long-path/".repeat(60),
    "👩‍👩‍👧‍👦🏳️‍🌈🫖".repeat(100),
    "ما مدة ضمان الغلاية؟ ".repeat(20),
    "这款水壶的保修期有多长？".repeat(40),
    "\u202Eltr?\u202C " + "a\n".repeat(50),
  ];
  // More than the 100 messages that are loaded again.
  let session_id;
  for (let turn = 0; turn < 60; turn += 1) {
    const response = await fetch(`${server.url}/api/v1/bots/${bot}/chat`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ message: texts[turn % texts.length], session_id }),
    });
    assert.equal(response.status, 200);
    ({ session_id } = await response.json());
  }
  for (const [locale, viewport] of [["en", { width: 375, height: 700 }], ["ar", { width: 375, height: 700 }], ["en", { width: 1280, height: 860 }]]) {
    const page = await browser.newPage({ viewport, locale });
    await page.addInitScript(([bot, id]) => localStorage.setItem(`botwright:session:${bot}`, id), [bot, session_id]);
    await page.goto(`${server.url}/chat/any/${bot}`);
    await page.locator("article").nth(100).waitFor({ state: "attached" });
    assert.equal(await page.locator("article").count(), 101);
    assert.equal(await overflows(page), false);
    // The end is in view.
    const last = page.locator("article").last();
    await last.waitFor();
    const { y } = await last.boundingBox();
    assert.ok(y < viewport.height, `${y}`);
    await browser.shoot(page, `${locale}-${viewport.width}`);
  }
  assertNoComplaints(browser);
});
