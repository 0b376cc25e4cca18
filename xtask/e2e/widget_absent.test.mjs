// A chat that can't be shown: no site is left with a bubble that opens nothing, and on a phone nobody is caught behind a frame.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { startSite } from "./site.mjs";

const PHONE = { viewport: { width: 375, height: 667 }, isMobile: true, hasTouch: true };
const tag = (server, bot) => `<script async src="${server.url}/widget.js" data-bot="${bot}"></script>`;
const bubble = (page) => page.locator("botwright-widget").getByRole("button", { name: "Chat", exact: true });
const frame = (page) => page.locator("botwright-widget iframe");
const chatOf = (page) => page.frameLocator("botwright-widget iframe");
const says = (page) => page.locator("botwright-widget").getByRole("status");

async function prepare(t, name, settings) {
  const server = await startServer(t, name);
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf", { greeting: "Hello.", ...settings });
  return { server, call, bot, browser: await openBrowser(t, name) };
}

// Deploys the bot again with these settings.
async function deployAgain(call, bot, settings) {
  const draft = await call("POST", "/chatbots/draft", { from: bot });
  await call("PUT", `/chatbots/draft/${draft.id}`, { version: draft.version, content: { ...draft.content, ...settings } });
  await call("POST", `/chatbots/draft/${draft.id}/deploy`);
}

// Whether a finger in the middle of the bubble would touch the bubble.
const isOnTop = (page) =>
  bubble(page).evaluate((button) => {
    const { left, top, width, height } = button.getBoundingClientRect();
    return button.getRootNode().elementFromPoint(left + width / 2, top + height / 2).closest("button") === button;
  });

test("a frame that can't be loaded gives the phone back and says so", async (t) => {
  const { server, bot, browser } = await prepare(t, "absent-frame");
  const site = await startSite(t, server.url, tag(server, bot));
  const phone = await browser.newPage(PHONE);

  // The server does not answer: the bubble stays in front of the frame, and closes it.
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await phone.route("**/widget/frame?**", (route) => released.then(() => route.abort()));
  await phone.goto(site);
  await bubble(phone).tap();
  await frame(phone).waitFor();
  assert.equal(await bubble(phone).getAttribute("aria-expanded"), "true");
  assert.ok(await isOnTop(phone));
  await browser.shoot(phone, "waiting");
  await bubble(phone).tap();
  await frame(phone).waitFor({ state: "hidden" });

  // It can't be reached: the frame goes by itself, and the page is told why.
  await bubble(phone).tap();
  release();
  await says(phone).getByText("The chat could not be loaded. Check your connection, then try again.").waitFor();
  assert.equal(await frame(phone).count(), 0);
  assert.equal(await bubble(phone).getAttribute("aria-expanded"), "false");
  await browser.shoot(phone, "excuse");
  await says(phone).getByRole("button", { name: "Close" }).tap();
  await says(phone).getByText("could not be loaded").waitFor({ state: "detached" });

  // Once more in vain, then with success: what was said is gone, and the chat has a button of its own.
  await bubble(phone).tap();
  await says(phone).getByText("could not be loaded").waitFor();
  await phone.unroute("**/widget/frame?**");
  await bubble(phone).tap();
  await chatOf(phone).getByText("Hello.").waitFor();
  await bubble(phone).waitFor({ state: "hidden" });
  await browser.shoot(phone, "open");
  await chatOf(phone).getByRole("button", { name: "Close" }).tap();
  await bubble(phone).waitFor();
  assert.equal(await says(phone).textContent(), "");

  // The program of the chat is kept away: its frame alone is no chat.
  const german = await browser.newPage({ ...PHONE, locale: "de-DE" });
  await german.route("**/widget/app.js", (route) => route.abort());
  await german.goto(site);
  await bubble(german).tap();
  await says(german).getByText("Der Chat konnte nicht geladen werden.").waitFor();
  assert.equal(await frame(german).count(), 0);
  assert.equal(await german.evaluate(() => document.documentElement.scrollWidth > window.innerWidth), false);
});

test("a site that may not show the bot has no bubble, and its console says why", async (t) => {
  const { server, call, bot, browser } = await prepare(t, "absent-site", { access: { allowed_domains: ["localhost"] } });
  const site = await startSite(t, server.url, tag(server, bot));
  const page = await browser.newPage(PHONE);
  const warned = page.waitForEvent("console", (message) => message.text().includes("not meant for this site"));
  await page.goto(site);
  await warned;
  await page.locator("botwright-widget").waitFor({ state: "detached" });
  // A button of the page's own may ask for it: nothing happens.
  await page.evaluate(() => window.Botwright("open"));
  assert.equal(await page.locator("botwright-widget").count(), 0);
  assertNoComplaints(browser);

  // Where a blocker keeps the look away there is a bubble; it opens no page of an error.
  const blocked = await browser.newPage(PHONE);
  await blocked.route("**/widget/bots/**", (route) => route.abort());
  await blocked.goto(site);
  await bubble(blocked).tap();
  await says(blocked).getByText("The chat could not be loaded.").waitFor();
  assert.equal(await frame(blocked).count(), 0);
  await browser.shoot(blocked, "blocked");
  browser.complaints.length = 0; // The browser tells of the policy.

  // With its port, it may.
  await deployAgain(call, bot, { access: { allowed_domains: [new URL(site).host] } });
  const allowed = await browser.newPage(PHONE);
  await allowed.goto(site);
  await bubble(allowed).tap();
  await chatOf(allowed).getByText("Hello.").waitFor();

  // What is deployed is there when the chat is opened next.
  await deployAgain(call, bot, { greeting: "Good evening." });
  await allowed.reload();
  await bubble(allowed).tap();
  await chatOf(allowed).getByText("Good evening.").waitFor();
  assertNoComplaints(browser);
});

test("a bot that was taken down has no bubble, and can be closed where it is open", async (t) => {
  const { server, call, bot, browser } = await prepare(t, "absent-bot");
  const site = await startSite(t, server.url, tag(server, bot));
  await call("PUT", `/bots/${bot}/status`, { status: "offline" });
  const page = await browser.newPage(PHONE);
  const warned = page.waitForEvent("console", (message) => message.text().includes("was taken down"));
  await page.goto(site);
  await warned;
  await page.locator("botwright-widget").waitFor({ state: "detached" });
  assertNoComplaints(browser);

  // The page was there before, and its bubble with it.
  const before = await browser.newPage(PHONE);
  await before.route("**/widget/bots/**", (route) => route.abort());
  await before.goto(site);
  await bubble(before).tap();
  await chatOf(before).getByText("This bot is not available right now.").waitFor();
  await browser.shoot(before, "taken-down");
  await chatOf(before).getByRole("button", { name: "Close" }).tap();
  await frame(before).waitFor({ state: "hidden" });
  await bubble(before).waitFor();

  // Its program can't start: it can still be closed.
  await call("PUT", `/bots/${bot}/status`, { status: "live" });
  const broken = await browser.newPage(PHONE);
  await broken.route("**/widget/app.wasm", (route) => route.abort());
  await broken.goto(site);
  await bubble(broken).tap();
  await chatOf(broken).getByText("This page could not start.").waitFor();
  await browser.shoot(broken, "broken");
  await chatOf(broken).getByRole("button", { name: "Close" }).tap();
  await frame(broken).waitFor({ state: "hidden" });
});
