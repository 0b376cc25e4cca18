// Every page of the dashboard as everybody may see it: axe-core finds nothing, nothing is wider than a phone, and in Russian
// no English is left. English by day on a desk and by night on a phone, Russian the other way round.

import assert from "node:assert/strict";
import { test } from "node:test";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { english } from "./english.mjs";
import { furnish, open, settled } from "./house.mjs";
import { startServer } from "./server.mjs";

const DESK = { width: 1280, height: 860 };
const PHONE = { width: 375, height: 720 };
const WAYS = [
  { locale: "en-GB", looks: [[DESK, "light"], [PHONE, "dark"]] },
  { locale: "ru-RU", looks: [[DESK, "dark"], [PHONE, "light"]] },
];
// Before anybody is signed in.
const DOOR = { "sign-in": "/sign-in", "sign-up": "/sign-up", forgot: "/forgot", reset: "/reset#token", verify: "/verify#token", invite: "/invite" };

test("every page is for everybody", async (t) => {
  const server = await startServer(t, "pages");
  const { pages } = await furnish(server.url);
  const browser = await openBrowser(t, "pages");
  const wrong = [];
  for (const { locale, looks } of WAYS) {
    const page = await browser.newPage({ locale });
    for (const [name, address] of [...Object.entries(DOOR), ...Object.entries(pages)]) {
      await open(page, server.url, address);
      if (page.url().includes("/sign-in?")) await signIn(page);
      wrong.push(...(await look(page, browser, `${locale} ${name}`, looks)));
    }
    await page.context().close();
  }
  assert.deepEqual(wrong, []);
  // What axe finds is a complaint. What is not there, on purpose.
  assertNoComplaints({ complaints: browser.complaints.filter((said) => !/status of (401|404|410|422)/.test(said)) });
});

// A screenshot of each look, of which axe says what it finds; and what else is wrong.
async function look(page, browser, name, looks) {
  const wrong = [];
  for (const [viewport, colorScheme] of looks) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const seen = `${name} ${viewport.width} ${colorScheme}`;
    await browser.shoot(page, seen.replaceAll(" ", "-"));
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > viewport.width) wrong.push(`${seen}: ${width} px wide`);
  }
  if (name.startsWith("ru")) {
    for (const words of await english(page)) wrong.push(`${name}: English: ${words}`);
  }
  return wrong;
}

// Where the page asks for it; then it shows what was wanted.
async function signIn(page) {
  await page.locator("input[type=email]").fill("grace@example.com");
  await page.locator("input[type=password]").fill("correct horse battery");
  await page.locator("input[type=password]").press("Enter");
  await page.locator("main nav, header").first().waitFor();
  await settled(page);
}
