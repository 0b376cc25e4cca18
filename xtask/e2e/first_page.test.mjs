// What a person waits for who opens the dashboard for the first time: all that is fetched, compressed as it came.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { open } from "./house.mjs";
import { startServer } from "./server.mjs";

const BUDGET = 300_000;
// Whoever has signed in has most of it already.
const BOTS_BUDGET = 400_000;

test("the first page loads little", async (t) => {
  const server = await startServer(t, "first-page");
  await signUp(server.url);
  const browser = await openBrowser(t, "first-page");
  const page = await browser.newPage();
  const signIn = await weigh(page, () => open(page, server.url, "/sign-in"));
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
  const bots = await weigh(page, () => open(page, server.url, "/bots"));
  t.diagnostic(`sign-in ${signIn.bytes} bytes in ${signIn.files} files, bots ${bots.bytes} in ${bots.files}`);
  assert.ok(signIn.bytes > 100_000 && signIn.bytes < BUDGET, `the sign-in page is ${signIn.bytes} bytes`);
  assert.ok(bots.bytes > 100_000 && bots.bytes < BOTS_BUDGET, `the list of bots is ${bots.bytes} bytes`);
  assertNoComplaints(browser);
});

// The bytes of bodies, compressed as they came, and the number of files that opening a page takes without a cache.
async function weigh(page, open) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  const requests = [];
  page.on("requestfinished", (request) => requests.push(request));
  await open();
  page.removeAllListeners("requestfinished");
  const sizes = await Promise.all(requests.map((request) => request.sizes()));
  await devtools.detach();
  return { bytes: sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0), files: sizes.length };
}
