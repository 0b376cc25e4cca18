// What a workspace keeps, its archive, a conversation that is deleted with its receipt, usage; then a person takes their data
// along and deletes their account.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { deployBot, signIn } from "./api.mjs";
import { openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";

const PASSWORD = "correct horse battery";

test("data is kept for a time, taken along, and deleted with a receipt", async (t) => {
  const server = await startServer(t, "data");
  const browser = await openBrowser(t, "data");
  const page = await browser.newPage();
  await signUp(page, server.url);
  await choosePolicy(page, browser, server.url);
  await takeWorkspaceAlong(page, browser);
  await talkAndDelete(page, browser, server.url);
  await seeUsage(page, browser, server.url);
  await seeOnAPhone(page, browser, server.url);
  await deleteAccount(page, browser, server.url);
  // A wrong password is refused, and the session ends with the account.
  assert.deepEqual(browser.complaints.filter((text) => !/status of (401|404|422)/.test(text)), []);
});

async function choosePolicy(page, browser, url) {
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: "Data", exact: true }).click();
  const days = page.getByLabel("Days to keep conversations");
  await days.fill("0");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Enter 1 to 3650 days").waitFor();
  await browser.shoot(page, "refused");
  await days.fill("30");
  await page.getByLabel("Redact what visitors write").check();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  // What goes can't be brought back, so it is asked.
  const ask = page.getByRole("dialog", { name: "Remove what is older?" });
  await browser.shoot(page, "ask");
  await ask.getByRole("button", { name: "Save and remove" }).click();
  await page.getByText("Saved.").waitFor();
  await page.goto(`${url}/settings/data`);
  await days.waitFor();
  assert.equal(await days.inputValue(), "30");
  assert.ok(await page.getByLabel("Redact what visitors write").isChecked());
  await page.getByText("Nothing was deleted yet.").waitFor();
}

async function takeAlong(page, browser, region, name) {
  await region.getByRole("button", { name: "Make an archive" }).click();
  const row = region.getByTestId("export");
  await row.getByText(/kept until/).waitFor({ timeout: 60_000 });
  await browser.shoot(page, name);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    row.getByRole("button", { name: "Download" }).click(),
  ]);
  const bytes = readFileSync(await download.path());
  assert.equal(bytes.subarray(0, 2).toString(), "PK");
  assert.ok(bytes.includes("manifest.json"));
  return download.suggestedFilename();
}

async function takeWorkspaceAlong(page, browser) {
  const region = page.getByRole("region", { name: "Export" });
  assert.equal(await takeAlong(page, browser, region, "archive"), "workspace.zip");
  await region.getByRole("button", { name: "Delete the archive" }).click();
  await region.getByText("None yet.").waitFor();
}

async function talkAndDelete(page, browser, url) {
  const bot = await deployBot(await signIn(url, "ada@example.com", PASSWORD), "aurora-k2-guide.pdf");
  const answer = await fetch(`${url}/api/v1/bots/${bot}/chat`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ message: "I am grace@example.com, where is my parcel?" }),
  });
  assert.ok(answer.ok, await answer.text());
  await page.goto(`${url}/conversations`);
  await page.getByRole("link", { name: "I am [email], where is my parcel?" }).click();
  await page.getByRole("button", { name: "Delete this conversation" }).click();
  const ask = page.getByRole("dialog", { name: "Delete this conversation?" });
  await browser.shoot(page, "delete-conversation");
  await ask.getByRole("button", { name: "Delete conversation" }).click();
  await page.getByText("No conversations yet").waitFor();
  await page.goto(`${url}/settings/data`);
  const receipt = page.getByTestId("receipt");
  await receipt.getByText("1 conversation").waitFor();
  await receipt.scrollIntoViewIfNeeded();
  await browser.shoot(page, "receipt");
}

async function seeUsage(page, browser, url) {
  await page.goto(`${url}/settings/usage`);
  const quotas = page.getByTestId("quota");
  await quotas.filter({ hasText: "Messages this month" }).getByText("1, no limit").waitFor();
  await page.getByText("1 message in 30 days").waitFor();
  await browser.shoot(page, "usage");
}

async function seeOnAPhone(page, browser, url) {
  await page.setViewportSize({ width: 375, height: 780 });
  for (const place of ["settings/data", "settings/usage", "account"]) {
    await page.goto(`${url}/${place}`);
    await page.getByRole("region").first().waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 375, `${place} is ${width} px wide`);
    await browser.shoot(page, `phone-${place.replace("/", "-")}`);
  }
  await page.setViewportSize({ width: 1280, height: 860 });
}

async function deleteAccount(page, browser, url) {
  await page.goto(`${url}/account`);
  const region = page.getByRole("region", { name: "Take your data along" });
  assert.equal(await takeAlong(page, browser, region, "own-archive"), "my-data.zip");
  await page.getByRole("button", { name: "Delete your account…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Your password").fill("wrong wrong wrong");
  await dialog.getByRole("button", { name: "Delete account" }).click();
  await dialog.getByText("This is not your password.").waitFor();
  await dialog.getByLabel("Your password").fill(PASSWORD);
  await browser.shoot(page, "delete-account");
  await dialog.getByRole("button", { name: "Delete account" }).click();
  const link = dialog.getByRole("link", { name: /^Receipt / });
  const address = new URL(await link.getAttribute("href"), url);
  await browser.shoot(page, "deleted");
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
  for (;;) {
    const receipt = await (await fetch(address)).json();
    assert.equal(receipt.kind, "person");
    if (receipt.finished_at) break;
    await page.waitForTimeout(200);
  }
  await page.getByLabel("E-mail address").fill("ada@example.com");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("don't belong together").waitFor();
}
