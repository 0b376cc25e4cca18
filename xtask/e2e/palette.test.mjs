// Everything by its name with the keyboard, a part of the dashboard that can't be fetched, and what a viewer is offered.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

async function signIn(page, url) {
  await page.goto(`${url}/bots`);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Bots", level: 1 }).waitFor();
}

test("the palette leads to pages and bots, and does what it says", async (t) => {
  const server = await startServer(t, "palette");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const browser = await openBrowser(t, "palette");
  const page = await browser.newPage();
  await signIn(page, server.url);

  const field = page.getByRole("combobox", { name: "Search" });
  await page.keyboard.press("Control+k");
  await field.pressSequentially("log");
  await page.getByRole("option", { name: "Audit log" }).waitFor();
  await browser.shoot(page, "open");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/settings/audit");
  await page.getByRole("list", { name: "Audit log" }).waitFor();

  // What is in the workspace is found as well; the arrow keys choose.
  await page.keyboard.press("Control+k");
  await field.pressSequentially("handbook");
  await page.getByRole("option", { name: "Handbook bot" }).waitFor();
  await page.getByRole("option", { name: /^Handbook .*Knowledge base/ }).waitFor();
  const active = () => page.locator('[role="option"][aria-selected="true"]').innerText();
  const first = await active();
  await page.keyboard.press("ArrowDown");
  assert.notEqual(await active(), first);
  await page.keyboard.press("ArrowUp");
  assert.match(first, /Handbook bot/);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/bots/${bot}`);

  // By other words, too: what is called so comes first, and each page of the bot is found by its own name.
  await page.keyboard.press("Control+k");
  for (const [words, name] of [["gaps", "Unanswered questions"], ["invite", "Members"], ["api key", "Settings"]]) {
    await field.fill(words);
    await page.getByRole("option", { name }).waitFor();
  }
  await field.fill("nothing is called that");
  await page.getByText("Nothing here is called that.").waitFor();
  await field.fill("dark");
  await page.keyboard.press("Enter");
  await page.locator('html[data-theme="dark"]').waitFor();
  await page.keyboard.press("Control+k");
  await field.waitFor();
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  assertNoComplaints(browser);
});

test("a page whose code can't be fetched says so, and the others go on", async (t) => {
  const server = await startServer(t, "parts");
  await signUp(server.url);
  const browser = await openBrowser(t, "parts");
  const page = await browser.newPage({ viewport: { width: 375, height: 720 } });
  await signIn(page, server.url);

  await page.route("**/split_settings*.wasm", (route) => route.abort());
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "This page could not be loaded" }).waitFor();
  await browser.shoot(page, "missing");
  await page.getByRole("link", { name: "Knowledge" }).click();
  await page.getByRole("heading", { name: "Knowledge", level: 1 }).waitFor();

  // It is there again: reloading shows the page that was wanted.
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.unroute("**/split_settings*.wasm");
  await page.getByRole("button", { name: "Reload" }).click();
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
});

test("a viewer is offered to read, not to change", async (t) => {
  const server = await startServer(t, "viewer");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const invitation = await call("POST", "/invitations", { role: "viewer", days: 1 });
  const browser = await openBrowser(t, "viewer");
  const page = await browser.newPage();
  await page.goto(invitation.link);
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Your name").fill("Vera Viewer");
  await page.getByLabel("E-mail address").fill("vera@example.com");
  await page.getByLabel("Password", { exact: true }).fill("gravel tuba lemonade");
  await page.getByLabel("Password", { exact: true }).press("Enter");
  await page.getByRole("link", { name: "Handbook bot" }).waitFor();
  const button = (name) => page.getByRole("button", { name });
  assert.equal(await page.getByRole("link", { name: "New bot" }).count(), 0);
  await page.goto(`${server.url}/bots/new`);
  await page.getByText("Your role here is to read").waitFor();
  await page.goto(`${server.url}/bots/${bot}`);
  await page.getByText("It answers visitors.").waitFor();
  for (const name of ["Edit", "Take it down", "Delete bot"]) assert.equal(await button(name).count(), 0, name);
  await page.goto(`${server.url}/settings`);
  await page.getByText("Any OpenAI-compatible server", { exact: false }).waitFor();
  for (const name of ["Connect a provider", "Create a key", "Choose another"]) {
    assert.equal(await button(name).count(), 0, name);
  }
  await browser.shoot(page, "settings");
  await notForGuests(page, browser, server.url);
  assertNoComplaints(browser);
});

// What ends in "Not allowed" is not offered, and not even asked for.
async function notForGuests(page, browser, url) {
  await page.getByText("Vera Viewer · vera@example.com · Viewer").waitFor();
  const tabs = page.getByRole("navigation", { name: "Settings" });
  assert.deepEqual(await tabs.getByRole("link").allInnerTexts(), ["Workspace", "Data", "Inbox"]);
  assert.equal(await page.getByRole("link", { name: "Organization" }).count(), 0);
  await page.goto(`${url}/settings/data`);
  await page.getByText("Nothing was deleted yet.").waitFor();
  assert.ok(await page.getByLabel("Days to keep leads").isDisabled());
  assert.equal(await page.getByRole("button", { name: "Make an archive" }).count(), 0);
  await browser.shoot(page, "data");
  for (const place of ["usage", "webhooks", "audit"]) {
    await page.goto(`${url}/settings/${place}`);
    await page.getByRole("heading", { name: "Not allowed" }).waitFor();
    assert.equal(await page.locator("main [aria-current=page]").count(), 0);
  }
  await browser.shoot(page, "not-allowed");
  await page.goto(`${url}/members`);
  await page.getByTestId("member").first().waitFor();
  assert.equal(await page.getByRole("link", { name: "Organization" }).count(), 0);
}
