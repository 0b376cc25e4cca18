// The browser itself: when this fails, look at the machine, not at Botwright.

import assert from "node:assert/strict";
import { test } from "node:test";

import { launchBrowser } from "./browser.mjs";

test("Chromium opens a page and takes a screenshot", async (t) => {
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto("data:text/html,<title>Hello</title><button>Press</button>");
  assert.equal(await page.title(), "Hello");
  const screenshot = await page.screenshot();
  assert.deepEqual([...screenshot.subarray(1, 4)], [..."PNG"].map((letter) => letter.charCodeAt(0)));
});
