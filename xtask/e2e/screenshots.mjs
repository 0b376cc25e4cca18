// `cargo xtask screenshots`: the pictures of the README and the guides, from the product as it is. The folder for them is the
// argument.

import { join } from "node:path";
import { test } from "node:test";

import { openBrowser } from "./browser.mjs";
import { furnish, open, settled } from "./house.mjs";
import { sql, startServer } from "./server.mjs";
import { startSite } from "./site.mjs";

const FOLDER = process.argv[2];
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 375, height: 720 };
// By their names in house.mjs.
const PAGES = ["bot", "deploy", "knowledge-base", "inbox-conversation", "leads", "gaps", "analytics", "test-set"];
const QUESTION = "How long is the warranty of the Aurora K2?";

// Sums of the two months before, so that charts have something to show.
const PAST = `
  with days as (
    select b.workspace_id, b.id as bot_id, date_trunc('day', now()) - make_interval(days => d) as day, d,
      (14 + 5 * sin(d * 0.9) + (60 - d) * 0.35)::int as n
    from bots b, generate_series(1, 59) d
  ), slots as (
    insert into event_slots (workspace_id, bot_id, channel, slot, sessions, resolved, deflected, hand_offs, leads, answered, gaps, ups, downs)
    select workspace_id, bot_id, 'web', day + interval '10 hours', n, n * 7 / 10, n * 8 / 10, n / 9, n / 7, n * 2, n * (4 + d / 8) / 36, n / 3, n / 12 from days
  )
  insert into event_days (workspace_id, bot_id, channel, day, dimension, value, turns)
  select workspace_id, bot_id, 'web', day::date, dimension, value, n * share / 10
  from days, (values ('language', 'en', 14), ('language', 'de', 4), ('language', 'ru', 3), ('page', 'https://shop.example/kettles', 15),
    ('page', 'https://shop.example/care', 6), ('first', '4', 12), ('first', '6', 9), ('total', '7', 13), ('total', '9', 8)) v (dimension, value, share)
  union all select workspace_id, bot_id, 'web', day::date, dimension, value, n from days, (values ('first', '8'), ('total', '11')) v (dimension, value) where d > 30;`;

test("screenshots", async (t) => {
  const server = await startServer(t, "screenshots");
  const { bot, pages } = await furnish(server.url);
  sql(server, PAST);
  const browser = await openBrowser(t, "screenshots");
  const page = await browser.newPage({ viewport: DESK });
  await signIn(page, server.url);
  await ask(page, server.url, pages);
  for (const name of PAGES) {
    await open(page, server.url, pages[name]);
    await keep(page, name);
  }
  await visit(t, browser, server, bot);
});

async function signIn(page, url) {
  await open(page, url, "/sign-in");
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
  // The banner that asks for it would be in every picture.
  await page.goto(`${url}/outbox`);
  await page.getByRole("article").filter({ hasText: "Confirm your e-mail address" }).getByRole("link").click();
  await page.getByRole("link", { name: "Go on to Botwright" }).waitFor();
}

// The builder with an answer beside the form.
async function ask(page, url, pages) {
  await open(page, url, pages.builder);
  const chat = page.getByRole("region", { name: "Test the draft" });
  await chat.getByRole("textbox").fill(QUESTION);
  await chat.getByRole("textbox").press("Enter");
  await chat.getByRole("button", { name: /^Source 1/ }).first().waitFor();
  await keep(page, "builder");
}

// The widget on somebody's page, on a desk and on a phone.
async function visit(t, browser, server, bot) {
  const shop = await startSite(t, server.url, `<script async src="${server.url}/widget.js" data-bot="${bot}"></script>`);
  for (const [name, viewport] of [["widget", { width: 900, height: 720 }], ["widget-phone", PHONE]]) {
    const page = await browser.newPage({ viewport });
    await page.goto(shop);
    await page.getByRole("button", { name: "Chat" }).click();
    const chat = page.frameLocator("iframe");
    await chat.getByLabel("Ask a question…").fill(QUESTION);
    await chat.getByLabel("Ask a question…").press("Enter");
    await chat.getByRole("button", { name: /^Source 1/ }).first().waitFor();
    await chat.locator(".chip").first().click();
    await keep(page, name);
  }
}

async function keep(page, name) {
  await settled(page).catch(() => {});
  // What moves in has arrived, and the cursor does not blink in one picture and not in the other.
  await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: "disabled", caret: "hide" });
}
