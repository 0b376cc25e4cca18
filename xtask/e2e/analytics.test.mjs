// From a visitor's thumbs-down to an answer that was missing: chat in the widget, a reason, the gap, "Improve answer", and
// the figures of all that.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { startSite } from "./site.mjs";

const QUESTION = "Do you ship kettles to Peru?";
const ANSWER = "Yes, kettles are shipped to Peru within nine days.";

test("what visitors did not like is improved in place, and counted", async (t) => {
  const server = await startServer(t, "analytics");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const { id: set } = await call("POST", "/test-sets", { name: "Shipping" });
  const site = await startSite(t, server.url, `<script async src="${server.url}/widget.js" data-bot="${bot}"></script>`);
  const browser = await openBrowser(t, "analytics");

  // Nothing yet.
  const page = await browser.newPage({ timezoneId: "Asia/Kathmandu" });
  await page.goto(`${server.url}/analytics`);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("Nothing to count yet").waitFor();
  await browser.shoot(page, "empty");

  // A visitor asks what the bot knows, and what it does not.
  const visitor = await browser.newPage();
  await visitor.goto(site);
  await visitor.getByRole("button", { name: "Chat" }).click();
  const chat = visitor.frameLocator("iframe");
  const box = chat.getByLabel("Ask a question…");
  await box.fill("How long is the warranty of the Aurora K2?");
  await box.press("Enter");
  await chat.getByRole("button", { name: "Helpful", exact: true }).click();
  await chat.getByText("Thank you, that helps.").waitFor();
  await box.fill(QUESTION);
  await box.press("Enter");
  const down = chat.getByRole("button", { name: "Not helpful" }).nth(1);
  await down.click();
  const why = chat.getByRole("region", { name: "What was wrong?" });
  const reason = why.getByRole("button", { name: "Something is missing" });
  await reason.click();
  await why.getByLabel("Anything to add? (optional)").fill("Where do you ship to?");
  // Enter is a new line here, and sends nothing.
  await why.getByLabel("Anything to add? (optional)").press("Enter");
  await browser.shoot(visitor, "reason");
  await why.getByRole("button", { name: "Send" }).click();
  await why.waitFor({ state: "detached" });
  await chat.getByText("Thank you, that helps.").nth(1).waitFor();
  await browser.shoot(visitor, "thanks");
  // After a reload the verdict is still there.
  await visitor.reload();
  await visitor.getByRole("button", { name: "Chat" }).click();
  await chat.locator('button[aria-label="Not helpful"][aria-pressed="true"]').waitFor();

  // The gap, with what was said of it.
  await page.getByRole("link", { name: "Inbox" }).first().click();
  await page.getByRole("link", { name: "Gaps" }).click();
  const gap = page.getByTestId("gap").filter({ hasText: QUESTION });
  await gap.getByText("1 time unanswered").waitFor();
  await gap.getByText("How it was asked").click();
  await browser.shoot(page, "gaps");
  await gap.getByRole("button", { name: "Improve answer" }).click();
  const dialog = page.getByRole("dialog", { name: "Improve answer" });
  await dialog.getByRole("button", { name: "Add the answer" }).click();
  await dialog.getByText("Please fill this in.").waitFor();
  await dialog.getByLabel("Answer", { exact: true }).fill(ANSWER);
  await dialog.getByText("Handbook bot answers from it.").waitFor();
  await dialog.getByLabel("Test set").selectOption({ label: "Shipping" });
  await browser.shoot(page, "improve");
  await dialog.getByRole("button", { name: "Add the answer" }).click();
  await page.getByText("The answer was added.").waitFor();
  await page.getByText("No gaps", { exact: true }).waitFor();
  await page.getByRole("tab", { name: "Improved" }).click();
  await gap.waitFor();
  const cases = await call("GET", `/test-sets/${set}/cases`);
  assert.deepEqual(cases.map((it) => it.question), [QUESTION]);

  // The bot knows it now.
  const [{ id: kb }] = await call("GET", "/kb");
  for (;;) {
    const { progress } = await call("GET", `/kb/${kb}`);
    if (progress.indexed === progress.total) break;
    await page.waitForTimeout(100);
  }
  await chat.getByRole("button", { name: "New conversation" }).click();
  await box.fill(QUESTION);
  await box.press("Enter");
  await chat.getByText("within nine days").first().waitFor();
  // It is cited by its question, not by what the team's list is called.
  await chat.getByRole("button", { name: `Source 1: ${QUESTION}` }).first().waitFor();
  await browser.shoot(visitor, "answered");

  // The figures.
  await page.getByRole("link", { name: "Analytics" }).first().click();
  const tile = (name) => page.getByTestId("tile").filter({ hasText: name });
  await tile("Sessions").getByText("2", { exact: true }).waitFor();
  await tile("Messages").getByText("3", { exact: true }).waitFor();
  await tile("Resolution").getByText("50 %").waitFor();
  await tile("Satisfaction").getByText("50 %").waitFor();
  const pages = page.getByRole("list", { name: "Top pages" });
  await pages.getByText(site).waitFor();
  await page.getByRole("list", { name: "Top questions" }).getByText(QUESTION).waitFor();
  await page.getByRole("list", { name: "Languages" }).getByText("English").waitFor();
  await browser.shoot(page, "light");
  await page.getByText("Show as a table").click();
  await page.getByRole("table", { name: "Sessions" }).waitFor();
  await page.getByRole("tab", { name: "Messages" }).click();
  await page.getByRole("img", { name: /^Messages from/ }).waitFor();

  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export CSV" }).click();
  const file = await (await download).path();
  const lines = readFileSync(file, "utf8").trim().split("\n");
  assert.equal(lines.length, 31);
  assert.match(lines[30], /^\d{4}-\d\d-\d\d,2,1,/);

  await page.getByLabel("Period").selectOption("90");
  await page.getByLabel("Channel").selectOption("api");
  await page.getByText("Nothing to count yet").waitFor();
  await page.getByLabel("Channel").selectOption("web");
  await tile("Sessions").getByText("2", { exact: true }).waitFor();
  assert.match(page.url(), /period=90&channel=web/);
  await page.getByLabel("Period").selectOption("custom");
  await page.getByLabel("From", { exact: true }).waitFor();
  await tile("Sessions").getByText("2", { exact: true }).waitFor();
  // Days the wrong way round are an error of the field; the figures stay.
  await page.getByLabel("To", { exact: true }).fill("2020-01-01");
  await page.getByText("Choose a day that is not before the first.").waitFor();
  await tile("Sessions").getByText("2", { exact: true }).waitFor();
  await browser.shoot(page, "backwards");
  await page.goBack();

  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: `${process.env.BOTWRIGHT_E2E_OUTPUT}/analytics/dark-full.png`, fullPage: true });
  await page.setViewportSize({ width: 375, height: 800 });
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok((await overflow()) <= 0, "the page is as wide as the phone");
  await page.screenshot({ path: `${process.env.BOTWRIGHT_E2E_OUTPUT}/analytics/phone-dark-full.png`, fullPage: true });
  await page.emulateMedia({ colorScheme: "light" });
  await page.screenshot({ path: `${process.env.BOTWRIGHT_E2E_OUTPUT}/analytics/phone-full.png`, fullPage: true });
  await page.goto(`${server.url}/conversations/gaps`);
  await page.getByText("No gaps", { exact: true }).waitFor();
  assert.ok((await overflow()) <= 0, "the gaps are as wide as the phone");
  await browser.shoot(page, "gaps-phone");
  assertNoComplaints(browser);
});
