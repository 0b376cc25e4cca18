// A newcomer's first minute: the demo answers without a key and without an account, and the server ends cleanly.

import assert from "node:assert/strict";
import { test } from "node:test";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

test("the demo answers from Botwright's own documentation", async (t) => {
  const server = await startServer(t, "demo", { BOTWRIGHT_DEMO: "true" });
  const browser = await openBrowser(t, "demo");
  const page = await browser.newPage();
  await page.goto(`${server.url}/demo`);
  await page.getByRole("button", { name: "Chat" }).click({ timeout: 180_000 });
  const frame = page.frameLocator("botwright-widget iframe");
  await frame.getByRole("button", { name: "How do I embed a bot on my site?" }).click();
  const answer = frame.locator("article.answer").last();
  await answer.locator(".chip").filter({ hasText: "EMBEDDING.md" }).first().waitFor();
  await browser.shoot(page, "answer");
  assertNoComplaints(browser);
  await browser.close();
  assert.equal(await server.stop(), 0);
});
