// From sign-up to an invitation to a second person with a lower role, who is then raised, kept out and let in again;
// workspaces that are deleted and restored.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";

const PASSWORD = "correct horse battery";

test("a second person is invited with a lower role", async (t) => {
  const server = await startServer(t, "members");
  const browser = await openBrowser(t, "members");
  const ada = await browser.newPage();
  await signUp(ada, server.url);
  const link = await invite(ada, browser);
  const grace = await browser.newPage();
  await join(grace, browser, link);

  await seeOnlyWhatAViewerMay(grace, server.url);
  await linkIsUsedUp(browser, link);
  await raise(ada, grace, browser, server.url);
  await suspend(ada, grace, server.url);
  await workspaces(ada, browser, server.url);
  await seeOnAPhone(ada, browser, server.url);

  const expected = /status of (401|403|404|410)/;
  assert.deepEqual(browser.complaints.filter((complaint) => !expected.test(complaint)), []);
});

async function invite(page, browser) {
  await page.getByRole("button", { name: "Workspace: My workspace" }).click();
  await page.getByRole("link", { name: "Members" }).click();
  await page.getByRole("heading", { name: "Members", level: 1 }).waitFor();
  await page.getByText("None is open.").waitFor();
  await browser.shoot(page, "members");
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("Role", { exact: true }).selectOption("viewer");
  await page.getByLabel("E-mail address (optional)").fill("not an address");
  await page.getByRole("button", { name: "Make the link" }).click();
  await page.getByText("or leave it empty").waitFor();
  await page.getByLabel("E-mail address (optional)").fill("grace@example.com");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.getByLabel("Invitation link").innerText();
  await browser.shoot(page, "link");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByTestId("invitation").getByText("grace@example.com").waitFor();
  return link.trim();
}

async function join(page, browser, link) {
  await page.goto(link);
  await page.getByRole("heading", { name: "Ada Lovelace invites you" }).waitFor();
  await page.getByText("as Viewer").waitFor();
  await browser.shoot(page, "invitation");
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Your name").fill("Grace Hopper");
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("Password", { exact: true }).press("Enter");
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
}

async function seeOnlyWhatAViewerMay(page, url) {
  await page.getByRole("button", { name: "Workspace: My workspace" }).click();
  await page.getByRole("link", { name: "Members" }).click();
  const own = page.getByTestId("member").filter({ hasText: "Grace Hopper" });
  await own.getByText("Guest").waitFor();
  assert.equal(await page.getByRole("button", { name: "Invite" }).count(), 0);
  assert.equal(await page.getByRole("button", { name: "Suspend" }).count(), 0);
  await page.goto(`${url}/organization`);
  await page.getByText("You are a guest in this workspace").waitFor();
}

async function linkIsUsedUp(browser, link) {
  const page = await browser.newPage();
  await page.goto(link);
  await page.getByRole("heading", { name: "This invitation is gone" }).waitFor();
  await page.close();
}

const row = (page, name) => page.getByTestId("member").filter({ hasText: name });

async function raise(ada, grace, browser, url) {
  await ada.reload();
  await row(ada, "Grace Hopper").getByRole("combobox").selectOption("editor");
  await ada.getByText("Grace Hopper is Editor now.").waitFor();
  await browser.shoot(ada, "raised");
  // It counts at once: she makes a bot.
  await grace.goto(`${url}/bots`);
  await grace.getByRole("link", { name: "New bot" }).first().click();
  await grace.getByRole("button", { name: "Start empty" }).click();
  await grace.waitForURL(/\/bots\/draft\//);
}

async function suspend(ada, grace, url) {
  await row(ada, "Grace Hopper").getByRole("button", { name: "Suspend" }).click();
  const dialog = ada.getByRole("dialog", { name: "Suspend Grace Hopper?" });
  await dialog.getByRole("button", { name: "Suspend" }).click();
  await row(ada, "Grace Hopper").getByText("Suspended").waitFor();
  // She finds herself in an organization of her own.
  await grace.goto(`${url}/organization`);
  await grace.getByRole("textbox", { name: "Name" }).waitFor();
  assert.equal(await grace.getByRole("textbox", { name: "Name" }).inputValue(), "Grace Hopper's organization");
  await row(ada, "Grace Hopper").getByRole("button", { name: "Let in again" }).click();
  await row(ada, "Grace Hopper").getByRole("button", { name: "Suspend" }).waitFor();
  await grace.getByRole("button", { name: /^Workspace:/ }).click();
  await grace.getByRole("button", { name: "My workspace Ada Lovelace's organization" }).click();
  // Her draft is seen once the other workspace is there; the menu would go with the page before.
  await grace.getByRole("heading", { name: "Drafts in progress" }).waitFor();
  await grace.getByRole("button", { name: /^Workspace:/ }).click();
  await grace.getByRole("button", { name: "My workspace Ada Lovelace's organization" }).and(grace.locator("[aria-current=true]")).waitFor();
}

async function workspaces(page, browser, url) {
  await page.getByRole("button", { name: /^Workspace:/ }).click();
  await page.getByRole("button", { name: "New workspace" }).click();
  await page.getByLabel("Name").fill("Shop");
  await page.getByLabel("Name").press("Enter");
  await page.getByRole("button", { name: "Workspace: Shop" }).waitFor();
  await page.goto(`${url}/organization`);
  const shop = page.getByTestId("workspace").filter({ hasText: "Shop" });
  // The only owner can't leave, and is not offered to.
  await row(page, "Ada Lovelace").waitFor();
  assert.equal(await page.getByRole("button", { name: "Leave", exact: true }).count(), 0);
  await browser.shoot(page, "organization");
  await page.getByRole("button", { name: "Delete Shop" }).click();
  await page.getByRole("button", { name: "Delete workspace" }).click();
  // It was the one she was in: she is taken to the other.
  await page.getByRole("button", { name: "Workspace: My workspace" }).waitFor();
  await page.goto(`${url}/organization`);
  await shop.getByText("Deleted; gone for good on").waitFor();
  await browser.shoot(page, "deleted");
  await shop.getByRole("button", { name: "Restore" }).click();
  await page.getByRole("button", { name: "Delete Shop" }).waitFor();
}

async function seeOnAPhone(page, browser, url) {
  await page.setViewportSize({ width: 375, height: 780 });
  for (const place of ["members", "organization"]) {
    await page.goto(`${url}/${place}`);
    await page.getByTestId("member").first().waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 375, `${place} is not wider than the phone`);
    await browser.shoot(page, `phone-${place}`);
  }
}
