// A key with scopes is made and used; what was done stands in the audit log, which is filtered, exported and verified.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";

test("a key is made, and the audit log tells who did what with it", async (t) => {
  const server = await startServer(t, "audit");
  const browser = await openBrowser(t, "audit");
  const page = await browser.newPage();
  await signUp(page, server.url);
  await page.getByRole("link", { name: "Settings" }).click();

  // A key says what it may do, and for how long.
  const section = page.getByRole("region", { name: "API keys" });
  const dialog = page.getByRole("dialog");
  await section.getByRole("button", { name: "Create a key" }).click();
  await dialog.getByLabel("Name", { exact: true }).fill("Nightly tests");
  await dialog.getByRole("button", { name: "Create key" }).click();
  await dialog.getByText("Choose at least one thing that the key may do.").waitFor();
  await browser.shoot(page, "refused");
  await dialog.getByLabel("Write").check();
  await dialog.getByLabel("Expires").selectOption("On a date");
  await dialog.getByLabel("Last day").fill("2020-01-01");
  await dialog.getByRole("button", { name: "Create key" }).click();
  await dialog.getByText("Choose a day to come.").waitFor();
  await dialog.getByLabel("Expires").selectOption("In 30 days");
  await browser.shoot(page, "form");
  await dialog.getByRole("button", { name: "Create key" }).click();
  await dialog.getByText("Copy the key now.").waitFor();
  const key = (await dialog.getByText(/^bw_/).textContent()).trim();
  await dialog.getByRole("button", { name: "Done" }).click();
  const row = section.getByTestId("api-key");
  await row.getByText("expires in 30 days").waitFor();
  await row.getByText("Write", { exact: true }).waitFor();

  const call = (method, path, body) =>
    fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
  assert.equal((await call("POST", "/test-sets", { name: "Smoke" })).status, 201);
  const refused = await call("GET", "/bots");
  assert.equal(refused.status, 403);
  assert.equal((await refused.json()).code, "insufficient_scope");
  await page.reload();
  await row.getByText(/^used /).waitFor();
  await section.scrollIntoViewIfNeeded();
  await browser.shoot(page, "key");

  // The log: newest first, with names, and all there is to know on opening.
  await page.getByRole("link", { name: "Audit log" }).click();
  const entries = page.getByTestId("audit-entry");
  await entries.nth(2).waitFor();
  const lines = await entries.getByTestId("audit-words").allTextContents();
  assert.deepEqual(lines, [
    "Nightly tests made a test set: Smoke",
    "Ada Lovelace made an API key: Nightly tests",
    "Ada Lovelace made the workspace: My workspace",
  ]);
  await entries.nth(1).locator("summary").click();
  await entries.nth(1).getByText("write", { exact: true }).waitFor();
  await browser.shoot(page, "log");
  assert.ok(!(await page.content()).includes(key));

  // Filters stand in the address.
  await entries.nth(1).getByRole("link", { name: "All about it" }).click();
  await page.waitForURL(/object_id=/);
  await entries.nth(1).waitFor({ state: "detached" });
  await entries.first().waitFor();
  assert.equal(await entries.count(), 1);
  await page.getByRole("button", { name: "Clear" }).click();
  await entries.nth(2).waitFor();
  await page.getByLabel("What was done").selectOption("Made a test set");
  await page.getByLabel("By whom").fill("nightly");
  const today = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  await page.getByLabel("From").fill(today);
  await page.getByLabel("To", { exact: true }).fill(today);
  await page.getByRole("button", { name: "Filter" }).click();
  await page.waitForURL(/action=test_set\.create&actor=nightly&from=/);
  await entries.nth(1).waitFor({ state: "detached" });
  await page.reload();
  await entries.first().getByText("with an API key").waitFor();
  assert.equal(await page.getByLabel("By whom").inputValue(), "nightly");
  await browser.shoot(page, "filtered");

  // What is looked at is what is exported.
  const exported = async (name) => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name }).click(),
    ]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
  };
  const csv = await exported("Export CSV");
  assert.equal(csv.name, "audit-log.csv");
  assert.equal(csv.text.trimEnd().split("\n").length, 2);
  assert.match(csv.text, /,api_key,.*,Nightly tests,127\.0\.0\.1,.*,test_set\.create,/);

  await page.getByLabel("By whom").fill("nobody at all");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByText("No such entry").waitFor();
  await browser.shoot(page, "nothing");
  await page.getByRole("link", { name: "Show all" }).click();
  await entries.nth(3).waitFor();
  const json = await exported("Export JSON");
  const [first, ...others] = json.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(first.action, "audit.export");
  assert.equal(others[0].hash, first.previous_hash);
  assert.equal(others.length, 4);

  await page.setViewportSize({ width: 375, height: 800 });
  await entries.nth(1).locator("summary").click();
  await browser.shoot(page, "phone");
  await entries.nth(1).scrollIntoViewIfNeeded();
  await browser.shoot(page, "phone-entry");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  await page.getByRole("link", { name: "Workspace", exact: true }).click();
  await section.scrollIntoViewIfNeeded();
  await browser.shoot(page, "phone-key");
  await section.getByRole("button", { name: "Create a key" }).click();
  await dialog.getByLabel("Write").waitFor();
  await browser.shoot(page, "phone-form");
  assertNoComplaints(browser);

  // The operator asks beside the running server.
  const data = join(process.env.BOTWRIGHT_E2E_OUTPUT, "audit", "data");
  const { DATABASE_URL, REDIS_URL, ...environment } = process.env;
  const { stdout } = await promisify(execFile)(process.env.BOTWRIGHT_BIN, ["audit", "verify"], {
    env: { ...environment, BOTWRIGHT_DATA_DIR: data },
  });
  assert.match(stdout, /Whole: 5 entries of 1 workspace\./);
});
