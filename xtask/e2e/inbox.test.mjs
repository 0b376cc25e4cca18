// From the bot to a person and back: a visitor asks for one, an admin sees it live, takes over, types and answers, and gives
// it back. On a desk, then on a phone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { startSite } from "./site.mjs";

const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

test("a person answers in the bot's place", async (t) => {
  const server = await startServer(t, "inbox");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const browser = await openBrowser(t, "inbox");
  const page = await browser.newPage();
  await page.goto(`${server.url}/inbox`);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("Nobody waits").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await browser.shoot(page, "empty");

  // Settings: a canned reply, office hours.
  await page.goto(`${server.url}/settings/inbox`);
  await page.getByRole("button", { name: "New reply" }).click();
  const writing = page.getByRole("dialog", { name: "New canned reply" });
  await writing.getByLabel("Shortcut").fill("hello");
  await writing.getByLabel("Reply", { exact: true }).fill("Hello, this is Grace. How can I help?");
  await writing.getByRole("button", { name: "Save reply" }).click();
  await page.getByRole("list", { name: "Canned replies" }).getByText("/hello").waitFor();
  await page.getByLabel("Limit to office hours").check();
  await page.getByLabel("Monday from").waitFor();
  await browser.shoot(page, "settings");
  await page.getByLabel("Limit to office hours").uncheck();

  // The bot hands over.
  await page.goto(`${server.url}/bots/${bot}`);
  await page.getByRole("button", { name: "Edit" }).click();
  const section = page.getByRole("region", { name: "Hand-off" });
  await section.getByLabel("Visitors may ask for a person").check();
  await section.getByLabel("Message", { exact: true }).waitFor();
  await page.getByText(/Draft · saved/i).waitFor();
  await section.scrollIntoViewIfNeeded();
  await browser.shoot(page, "builder");
  await page.getByRole("button", { name: "Deploy" }).click();
  await page.getByRole("button", { name: "Deploy changes" }).click();
  await page.getByRole("heading", { name: "On your site" }).waitFor();
  await page.getByRole("link", { name: "Inbox" }).first().click();
  await page.getByText("Nobody waits").waitFor();

  // A visitor asks the bot, then for a person.
  const embedCode = `<script async src="${server.url}/widget.js" data-bot="${bot}"></script>`;
  const shop = await startSite(t, server.url, embedCode);
  const visitor = await browser.newPage({ viewport: { width: 900, height: 800 } });
  await visitor.goto(shop);
  await visitor.getByRole("button", { name: "Chat" }).click();
  const chat = visitor.frameLocator("iframe");
  const box = chat.getByLabel("Ask a question…");
  await box.fill("How long is the warranty of the Aurora K2?");
  await box.press("Enter");
  await chat.getByRole("button", { name: /^Source 1/ }).first().waitFor();
  await chat.getByRole("button", { name: "Talk to a person" }).click();
  await chat.getByText("Waiting for a person…").first().waitFor();
  await chat.getByText("I'm asking a colleague to join.").first().waitFor();
  await browser.shoot(visitor, "waiting");

  // The admin sees it without doing anything: in the list, in the navigation, in the title.
  const row = page.getByRole("list", { name: "Conversations" }).getByRole("link").first();
  await row.waitFor();
  await page.getByTestId("waiting").first().waitFor();
  await page.waitForFunction(() => document.title.startsWith("(1)"));
  await browser.shoot(page, "somebody-waits");
  await row.click();
  await page.getByText("The visitor asked for a person").waitFor();
  await page.getByRole("button", { name: "Take over" }).click();
  await chat.getByText("You are talking to").first().waitFor();
  assert.ok(await chat.getByText("Grace Hopper").isVisible());

  // Typing is seen on both sides.
  await box.pressSequentially("My kettle ");
  await page.getByText("The visitor is typing…").waitFor();
  const reply = page.getByLabel("Reply", { exact: true });
  await reply.pressSequentially("/he");
  await page.getByRole("option", { name: /hello/ }).waitFor();
  await browser.shoot(page, "canned");
  await chat.getByText("is typing…").waitFor();
  await reply.press("Enter");
  assert.equal(await reply.inputValue(), "Hello, this is Grace. How can I help?");
  await reply.press("Enter");
  await chat.getByText("Hello, this is Grace. How can I help?").first().waitFor();
  await page.getByText("Seen", { exact: true }).waitFor();
  await browser.shoot(page, "conversation");
  await browser.shoot(visitor, "answered");

  // What the visitor writes reaches the person, and the bot is silent.
  await box.fill("My kettle leaks.");
  await box.press("Enter");
  await page.getByRole("log").getByText("My kettle leaks.").waitFor();
  await page.getByLabel("Note", { exact: true }).first().check();
  await page.getByPlaceholder("Write a note…").fill("Third one this week.");
  await page.getByRole("button", { name: "Add note" }).click();
  await page.getByTestId("note").getByText("Third one this week.").waitFor();
  assert.equal(await chat.getByText("Third one this week.").count(), 0);

  // After a reload the visitor still sees who wrote.
  await visitor.reload();
  await visitor.getByRole("button", { name: "Chat" }).click();
  await chat.getByText("Hello, this is Grace. How can I help?").first().waitFor();
  await chat.locator(".by", { hasText: "Grace Hopper" }).first().waitFor();
  await chat.getByText("You are talking to").first().waitFor();

  // Given back, the bot answers again.
  await page.getByRole("button", { name: "Give back to the bot" }).click();
  await chat.getByText("The bot answers again.").first().waitFor();
  await box.fill("How long is the warranty of the Aurora K2?");
  await box.press("Enter");
  await chat.getByRole("button", { name: /^Source 1/ }).nth(1).waitFor();
  await browser.shoot(visitor, "bot-again");

  // On a phone: the list, then the conversation.
  await page.setViewportSize({ width: 375, height: 700 });
  await page.goto(`${server.url}/inbox`);
  await page.getByLabel("Status").selectOption("");
  const item = page.getByRole("list", { name: "Conversations" }).getByRole("link").first();
  await item.waitFor();
  assert.equal(await overflows(page), false);
  await browser.shoot(page, "phone-list");
  await item.click();
  await page.getByTestId("person").first().waitFor();
  assert.equal(await item.isVisible(), false);
  assert.equal(await overflows(page), false);
  await browser.shoot(page, "phone-conversation");
  await page.getByRole("link", { name: "Back to the inbox" }).click();
  await item.waitFor();
  await page.emulateMedia({ colorScheme: "dark" });
  await browser.shoot(page, "phone-dark");
  assertNoComplaints(browser);
});
