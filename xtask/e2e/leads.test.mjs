// A lead's way: the form is built and deployed, a visitor fills it in on a phone and on a page, the team finds the lead, works
// on it and exports it, and a server is told.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { startSite } from "./site.mjs";

// A server for webhooks: `next()` is the next request that it gets.
async function startReceiver(t) {
  const came = [];
  const waiting = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.end();
    const event = { headers: request.headers, body };
    const taker = waiting.shift();
    if (taker) taker(event);
    else came.push(event);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const next = async () => came.shift() ?? new Promise((resolve) => waiting.push(resolve));
  return { place: `127.0.0.1:${server.address().port}`, next };
}

function isSigned(secret, { headers, body }) {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const text = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  return headers["webhook-signature"] === `v1,${createHmac("sha256", key).update(text).digest("base64")}`;
}

const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

test("a visitor's details reach the team", async (t) => {
  const receiver = await startReceiver(t);
  const server = await startServer(t, "leads", { BOTWRIGHT_OUTBOUND_ALLOW: JSON.stringify([receiver.place]) });
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const browser = await openBrowser(t, "leads");
  const page = await browser.newPage({ acceptDownloads: true });

  // Nothing there yet: the page says what to do.
  await page.goto(`${server.url}/leads`);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "No leads yet" }).waitFor();
  await browser.shoot(page, "empty");

  // A webhook, tried before anything happens.
  await page.getByRole("main").getByRole("link", { name: "Webhooks" }).click();
  await page.getByRole("button", { name: "Add a webhook" }).click();
  const adding = page.getByRole("dialog", { name: "Add a webhook" });
  await adding.getByLabel("Address").fill("http://10.0.0.1/hook");
  await adding.getByRole("button", { name: "Add webhook" }).click();
  await adding.getByText("not on the public internet").waitFor();
  browser.complaints.length = 0; // The 422 that the browser tells of.
  await adding.getByLabel("Address").fill(`http://${receiver.place}/hook`);
  await adding.getByRole("button", { name: "Add webhook" }).click();
  const secret = (await adding.getByLabel("secret").innerText()).trim();
  await browser.shoot(page, "webhook-secret");
  await adding.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Send a test event" }).click();
  const tried = await receiver.next();
  assert.equal(JSON.parse(tried.body).type, "webhook.test");
  assert.ok(isSigned(secret, tried));
  await page.getByRole("list", { name: "Log" }).getByText("Delivered").waitFor();
  await browser.shoot(page, "webhooks");

  // The form is built; the key of a new field follows its label.
  await page.goto(`${server.url}/bots/${bot}`);
  await page.getByRole("button", { name: "Edit" }).click();
  const section = page.getByRole("region", { name: "Leads" });
  await section.getByLabel("Ask for details").check();
  await section.getByLabel("Messages of the visitor before").fill("1");
  await section.getByRole("button", { name: "Add a field" }).click();
  const third = section.getByRole("group", { name: "Field 3" });
  await third.getByLabel("Label").fill("Company size");
  await third.getByLabel("Asks for").selectOption("select");
  await third.getByLabel("Options").fill("Small\nLarge");
  assert.equal(await third.getByLabel("Key").inputValue(), "company_size");
  await section.getByTestId("lead-preview").getByText("Company size (optional)").waitFor();
  await section.getByLabel("Title", { exact: true }).fill("");
  await section.getByLabel("Title", { exact: true }).blur();
  await section.getByText("Please fill this in.").waitFor();
  await section.getByLabel("Title", { exact: true }).fill("May we call you?");
  await page.getByText(/Draft · saved/i).waitFor();
  await section.scrollIntoViewIfNeeded();
  await browser.shoot(page, "builder");
  const testing = page.getByRole("region", { name: "Test the draft" });
  await testing.getByLabel("Message", { exact: true }).fill("How long is the warranty of the Aurora K2?");
  await testing.getByRole("button", { name: "Send" }).click();
  await testing.getByText("are asked here").waitFor();
  await browser.shoot(page, "builder-test");
  await page.getByRole("button", { name: "Deploy" }).click();
  await page.getByRole("button", { name: "Deploy changes" }).click();
  await page.getByRole("heading", { name: "On your site" }).waitFor();

  // A visitor on a phone asks, and is asked.
  const embedCode = `<script async src="${server.url}/widget.js" data-bot="${bot}"></script>`;
  const shop = await startSite(t, server.url, embedCode);
  const phone = await browser.newPage({ viewport: { width: 375, height: 700 }, isMobile: true, hasTouch: true });
  await phone.goto(shop);
  await phone.getByRole("button", { name: "Chat" }).click();
  const chat = phone.frameLocator("iframe");
  const box = chat.getByLabel("Ask a question…");
  await box.fill("How long is the warranty of the Aurora K2?");
  await box.press("Enter");
  const form = chat.getByRole("form", { name: "May we call you?" });
  await form.waitFor();
  assert.ok(await chat.getByRole("button", { name: /^Source 1/ }).first().isVisible(), "after the answer");
  await form.getByLabel("Name (optional)").fill("Ada Lovelace");
  await form.getByRole("button", { name: "Send" }).click();
  // What is wrong is said at the field, which has the focus.
  await form.getByText("Please fill this in.").waitFor();
  await form.getByText("Please agree to this first.").waitFor();
  assert.equal(await form.getByLabel("E-mail").evaluate((field) => field.matches(":focus")), true);
  assert.equal(await form.getByLabel("E-mail").getAttribute("aria-invalid"), "true");
  await browser.shoot(phone, "phone-errors");
  browser.complaints.length = 0; // The 422.
  await form.getByLabel("E-mail").fill("ada@example");
  // What is typed survives a reload, and the form is there again.
  await phone.reload();
  await phone.getByRole("button", { name: "Chat" }).click();
  await form.waitFor();
  assert.equal(await form.getByLabel("Name (optional)").inputValue(), "Ada Lovelace");
  await form.getByLabel("E-mail").fill("ada@example.com");
  await form.getByLabel("Company size (optional)").selectOption("Large");
  await form.getByLabel("I agree that my details").check();
  await browser.shoot(phone, "phone-form");
  await form.getByLabel("E-mail").press("Enter");
  await chat.getByRole("log").getByText("Thank you! We will get back to you.").waitFor();
  await form.waitFor({ state: "detached" });
  await browser.shoot(phone, "phone-thanks");
  const told = await receiver.next();
  assert.ok(isSigned(secret, told));
  const { type, data } = JSON.parse(told.body);
  assert.equal(type, "lead.created");
  assert.equal(data.lead.answers.company_size, "Large");
  assert.equal(new URL(data.lead.page_url).origin, new URL(shop).origin);

  // Nobody is asked twice, not after a reload either; who skips it is left alone.
  await phone.reload();
  await phone.getByRole("button", { name: "Chat" }).click();
  await box.fill("And what does it weigh?");
  await box.press("Enter");
  await chat.getByRole("button", { name: "Send", exact: true }).waitFor();
  await chat.locator("article.answer").nth(2).locator(".tools").waitFor();
  assert.equal(await form.count(), 0);
  const desk = await browser.newPage({ colorScheme: "dark" });
  await desk.goto(shop);
  await desk.getByRole("button", { name: "Chat" }).click();
  const other = desk.frameLocator("iframe");
  await other.getByLabel("Ask a question…").fill("How long is the warranty of the Aurora K2?");
  await other.getByLabel("Ask a question…").press("Enter");
  const second = other.getByRole("form", { name: "May we call you?" });
  await second.waitFor();
  await browser.shoot(desk, "form-dark");
  await second.getByRole("button", { name: "Not now" }).click();
  await second.waitFor({ state: "detached" });
  assert.equal(await other.getByLabel("Ask a question…").evaluate((field) => field.matches(":focus")), true);

  // The team: from the list to the lead, and on with it.
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Leads" }).click();
  await page.getByRole("textbox", { name: "Search" }).fill("LOVELACE");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.waitForURL(/search=LOVELACE/);
  await page.getByRole("list", { name: "Leads" }).getByText("ada@example.com").waitFor();
  await browser.shoot(page, "list");
  await page.getByRole("link", { name: "Ada Lovelace" }).click();
  await page.getByText("I agree that my details").waitFor();
  await page.getByLabel("How far you are").selectOption("contacted");
  await page.getByText("Saved as contacted.").waitFor();
  await page.getByLabel("New note").fill("Called, wants a quote.");
  await page.getByRole("button", { name: "Add note" }).click();
  await page.getByRole("list", { name: "Notes" }).getByText("Called, wants a quote.").waitFor();
  assert.equal(await page.getByLabel("New note").inputValue(), "");
  await browser.shoot(page, "lead");
  // The conversation is found by the name that was left in it, and bears it.
  await page.goto(`${server.url}/inbox?state=any&q=lovelace`);
  const found = page.getByRole("list", { name: "Conversations" }).getByRole("listitem");
  await found.filter({ hasText: "Ada Lovelace" }).waitFor();
  assert.equal(await found.count(), 1);
  await found.getByRole("link").click();
  await page.getByRole("heading", { name: "Ada Lovelace", level: 2 }).waitFor();
  await page.getByRole("complementary", { name: "About this conversation" }).getByText("Ada Lovelace").waitFor();
  await browser.shoot(page, "inbox");
  await page.getByRole("link", { name: "Lead", exact: true }).click();
  await page.getByRole("list", { name: "Notes" }).waitFor();
  await page.getByRole("link", { name: "Read it" }).click();
  await page.getByRole("link", { name: "Lead", exact: true }).click();
  await page.getByRole("list", { name: "Notes" }).waitFor();
  await page.getByRole("link", { name: "Leads" }).first().click();
  await page.getByRole("list", { name: "Leads" }).getByText("Contacted").waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export CSV" }).click();
  const csv = readFileSync(await (await download).path(), "utf8");
  assert.match(csv, /contacted,Handbook bot,/);
  assert.match(csv, /Name,E-mail,Company size\r?\n/);
  assert.match(csv, /Ada Lovelace,ada@example.com,Large/);

  // The same on a phone, in the dark.
  await page.setViewportSize({ width: 375, height: 780 });
  await page.emulateMedia({ colorScheme: "dark" });
  for (const [path, name] of [["/leads", "list"], ["/settings/webhooks", "webhooks"]]) {
    await page.goto(`${server.url}${path}`);
    await page.getByRole("list").getByRole("listitem").first().waitFor();
    assert.equal(await overflows(page), false, path);
    await browser.shoot(page, `phone-${name}`);
  }
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Leads" }).click();
  await page.getByRole("link", { name: "Ada Lovelace" }).click();
  await page.getByRole("list", { name: "Notes" }).waitFor();
  assert.equal(await overflows(page), false);
  await browser.shoot(page, "phone-lead");
  const main = page.getByRole("navigation", { name: "Main" });
  await main.getByRole("button", { name: "More" }).click();
  await browser.shoot(page, "phone-more");
  await main.getByRole("link", { name: "Settings" }).click();
  await page.waitForURL(/\/settings$/);

  // Deleting asks, and leaves a receipt.
  await page.goto(`${server.url}/leads`);
  await page.getByRole("link", { name: "Ada Lovelace" }).click();
  await page.getByRole("button", { name: "Delete this lead" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete lead" }).click();
  await page.getByRole("heading", { name: "No leads yet" }).waitFor();
  // The page may be told of it, and look, before it is left.
  assertNoComplaints({ complaints: browser.complaints.filter((said) => !/leads.* status of 404/.test(said)) });
});

test("a form before the chat holds it back until it was sent", async (t) => {
  const server = await startServer(t, "leads-before");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const draft = await call("POST", "/chatbots/draft", { from: bot });
  const lead_form = {
    enabled: true,
    title: "Who are you?",
    fields: [{ key: "name", label: "Name", kind: "text", required: true }],
    consent: "",
    consent_required: false,
    timing: { when: "before_chat" },
    skippable: false,
  };
  const content = { ...draft.content, lead_form, suggested_questions: ["How long is the warranty?"] };
  await call("PUT", `/chatbots/draft/${draft.id}`, { version: draft.version, content });
  await call("POST", `/chatbots/draft/${draft.id}/deploy`);

  const browser = await openBrowser(t, "leads-before");
  const page = await browser.newPage({ viewport: { width: 375, height: 700 }, isMobile: true, hasTouch: true });
  await page.goto(`${server.url}/chat/x/${bot}`);
  const form = page.getByRole("form", { name: "Who are you?" });
  await form.waitFor();
  assert.equal(await page.getByLabel("Ask a question…").isVisible(), false);
  assert.equal(await form.getByRole("button", { name: "Not now" }).isVisible(), false);
  assert.equal(await page.getByRole("button", { name: "How long is the warranty?" }).count(), 0);
  await browser.shoot(page, "before");
  await form.getByLabel("Name").fill("Ada");
  await form.getByRole("button", { name: "Send" }).click();
  await page.getByRole("log").getByText("Thank you!").waitFor();
  const box = page.getByLabel("Ask a question…");
  await box.fill("How long is the warranty of the Aurora K2?");
  await box.press("Enter");
  await page.getByRole("button", { name: /^Source 1/ }).first().waitFor();
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByText("Hi! Ask me anything.").waitFor();
  assert.equal(await form.count(), 0, "who left their name is not asked again");
  const { items } = await call("GET", "/leads");
  const lead = await call("GET", `/leads/${items[0].id}`);
  const conversation = await call("GET", `/conversations/${lead.conversation_id}`);
  assert.equal(conversation.messages.length, 2, "the conversation goes on from the form");
  assertNoComplaints(browser);
});
