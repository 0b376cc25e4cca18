// What a person waits for who opens the dashboard for the first time: all that is fetched, as it came over the wire.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { open } from "./house.mjs";
import { startServer } from "./server.mjs";

const BUDGET = 300_000;

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
  assert.ok(bots.bytes > 100_000 && bots.bytes < BUDGET, `the list of bots is ${bots.bytes} bytes`);
  assertNoComplaints(browser);
});

// The bytes and the number of files that opening a page takes, without a cache.
async function weigh(page, open) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  const fetched = { bytes: 0, files: 0 };
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) => {
    fetched.bytes += encodedDataLength;
    fetched.files += 1;
  });
  await open();
  await devtools.detach();
  return fetched;
}
