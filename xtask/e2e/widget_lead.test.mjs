// The form for details in the chat: it is checked before it is sent, stays with its conversation, and what is read out follows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

const QUESTION = "How long is the warranty of the Aurora K2?";
const FORM = {
  enabled: true,
  title: "May we call you?",
  timing: { when: "after_messages", count: 1 },
  fields: [
    { key: "name", label: "Name", kind: "text", required: false },
    { key: "email", label: "E-mail", kind: "email", required: true },
    { key: "phone", label: "Phone", kind: "phone", required: false },
  ],
};

async function open(t, name, settings) {
  const server = await startServer(t, name);
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf", { greeting: "Hello.", ...settings });
  const browser = await openBrowser(t, name);
  const page = await browser.newPage({ viewport: { width: 375, height: 667 }, isMobile: true, hasTouch: true });
  await page.goto(`${server.url}/chat/x/${bot}`);
  const ask = async (question) => {
    await page.getByLabel("Ask a question…").fill(question);
    await page.getByRole("button", { name: "Send", exact: true }).first().click();
  };
  // What screen readers were told last.
  const spoken = page.locator('[data-part="spoken"]');
  return { call, browser, page, ask, spoken, log: page.getByRole("log") };
}

test("a form is checked before it is sent, and what is read out goes on with it", async (t) => {
  const { call, browser, page, ask, spoken, log } = await open(t, "widget-lead", { lead_form: FORM });
  const sent = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/leads")) sent.push(request.url());
  });
  await ask(QUESTION);
  const form = page.getByRole("form", { name: FORM.title });
  await form.waitFor();
  const send = form.getByRole("button", { name: "Send" });
  await send.click();
  await form.getByText("Please fill this in.").waitFor();
  await form.getByText("Please agree to this first.").waitFor();
  assert.equal(await form.getByLabel("E-mail").evaluate((field) => field.matches(":focus") && field.required), true);
  assert.equal(await spoken.textContent(), "Please fill this in.");

  // Each field says what it wants.
  await form.getByLabel("Name (optional)").fill("x".repeat(201));
  await form.getByLabel("E-mail").fill("ada@example");
  await form.getByLabel("Phone (optional)").fill("call me");
  await send.click();
  await form.getByText("Please write at most 200 characters.").waitFor();
  await form.getByText("Please write an address such as name@example.com.").waitFor();
  await form.getByText("Please write a phone number such as +1 555 010 2030.").waitFor();
  assert.equal(await spoken.textContent(), "Please write at most 200 characters.");
  await browser.shoot(page, "wrong");
  assert.deepEqual(sent, []);

  await form.getByLabel("Name (optional)").fill("x".repeat(200));
  await form.getByLabel("E-mail").fill("ada@example.com");
  await form.getByLabel("Phone (optional)").fill("+49 (30) 90 18-20");
  await form.getByLabel("I agree that my details").check();
  await send.click();
  await log.getByText("Thank you! We will get back to you.").waitFor();
  assert.equal(await spoken.textContent(), "Thank you! We will get back to you.");
  await browser.shoot(page, "thanks");
  assert.equal(sent.length, 1);
  const { items } = await call("GET", "/leads");
  assert.equal(items[0].email, "ada@example.com");
  // Nothing in the console of anybody's page.
  assertNoComplaints(browser);
});

test("a form that was left open stays with its conversation", async (t) => {
  const lead_form = { ...FORM, consent: "You may call me.", consent_required: false, fields: [{ key: "name", label: "Name", kind: "text", required: false }] };
  const { browser, page, ask, log } = await open(t, "widget-lead-left", { lead_form });
  await ask(QUESTION);
  const form = page.getByRole("form", { name: FORM.title });
  await form.getByLabel("Name").fill("Ada");
  await page.getByRole("button", { name: "New conversation" }).click();
  await log.getByText("Hello.").waitFor();
  assert.equal(await form.count(), 0);
  await browser.shoot(page, "new");
  // Not after a reload either; but where it was left it is as it was.
  await page.reload();
  await log.getByText("Hello.").waitFor();
  await page.getByRole("button", { name: "Send", exact: true }).waitFor();
  assert.equal(await form.count(), 0);

  await ask(QUESTION);
  await form.waitFor();
  assert.equal(await form.getByLabel("Name").inputValue(), "Ada");
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByRole("button", { name: "Back to the last one" }).click();
  await form.waitFor();
  await page.reload();
  await form.waitFor();
  // All of it may be left out, but not everything at once; what need not be agreed to is not asked for.
  await form.getByLabel("Name").fill("");
  await form.getByRole("button", { name: "Send" }).click();
  await form.getByRole("alert").getByText("Please fill this in.").waitFor();
  await form.getByLabel("Name").fill("Ada");
  await form.getByRole("button", { name: "Send" }).click();
  await log.getByText("Thank you!").waitFor();
  assertNoComplaints(browser);
});

test("whoever asks for a person is told so alike, in words or by the button", async (t) => {
  const { browser, page, ask, spoken, log } = await open(t, "widget-handed", { hand_off: { enabled: true } });
  const message = "I'm asking a colleague to join. They will answer here.";
  await page.getByRole("button", { name: "Talk to a person" }).waitFor();
  await ask("I want to talk to a person");
  await log.getByText(message).waitFor();
  await page.getByText("Waiting for a person…").waitFor();
  const tools = log.locator("article.answer", { hasText: message }).locator(".tools");
  await tools.locator(".thumb").first().waitFor({ state: "attached" });
  assert.equal(await tools.isVisible(), false);
  await browser.shoot(page, "in-words");

  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByRole("button", { name: "Talk to a person" }).click();
  await log.getByText(message).waitFor();
  assert.equal(await tools.count(), 0);
  assert.equal(await spoken.textContent(), message);
  assertNoComplaints(browser);
});

test("an opened source shows the sentence that was cited", async (t) => {
  const { browser, page, ask, log } = await open(t, "widget-cited");
  await ask(QUESTION);
  const chip = log.getByRole("button", { name: /^Source 1/ }).first();
  await chip.click();
  const quote = log.locator("blockquote");
  await quote.waitFor();
  await page.waitForFunction(() => CSS.highlights.has("cited"));
  const { text, isInView } = await page.evaluate(() => {
    const [range] = CSS.highlights.get("cited");
    const [inner, outer] = [range, document.querySelector("blockquote")].map((one) => one.getBoundingClientRect());
    return { text: range.toString(), isInView: inner.top >= outer.top && inner.top < outer.bottom };
  });
  assert.match(text, /guarantees the Aurora K2 for 37 months/);
  assert.ok(isInView);
  await browser.shoot(page, "cited");
  await chip.click();
  await quote.waitFor({ state: "detached" });
  assertNoComplaints(browser);
});
