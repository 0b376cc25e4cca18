// Long lists stay quick and keep one's place: 200 bots, a conversation of 10,000 messages, thousands of documents.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer, sql } from "./server.mjs";

const MESSAGES = 10_000;
const PARTS = Number(process.env.PARTS ?? 10);
const WORDS = "It depends on **which part**: see the list.\n\n- the lid\n- the base\n\nMore of it in `the guide`.";

async function signIn(page, url) {
  await page.goto(url);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

// Puts so many messages before those of a conversation; even ones are the visitor's. The ids are older than any real one, and so
// is the conversation then: nothing is looked for before it began.
function say(server, conversation, count) {
  sql(
    server,
    `insert into messages (workspace_id, id, conversation_id, role, content, created_at)
     select c.workspace_id, ('00000a00-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, c.id,
       case when n % 2 = 0 then 'user' else 'assistant' end,
       case when n % 2 = 0 then 'Question number ' || n else 'Answer number ' || n || '. ${WORDS.replaceAll("\n", "' || chr(10) || '")}' end,
       c.created_at - make_interval(secs => ${count} - n)
     from conversations c, generate_series(0, ${count} - 1) n where c.id = '${conversation}';
     update conversations set message_count = message_count + ${count}, created_at = '1970-01-02 00:00+00' where id = '${conversation}';`,
  );
}

// Two frames on, what was to be drawn is drawn.
const drawn = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

// Milliseconds of work of the page's main thread while something is done, layout and painting of it included.
async function work(page, devtools, act) {
  const spent = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return 1000 * metrics.find(({ name }) => name === "TaskDuration").value;
  };
  const before = await spent();
  await act();
  await drawn(page);
  return (await spent()) - before;
}

test("two hundred bots are found, and two thousand documents", async (t) => {
  const server = await startServer(t, "long-bots");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  sql(
    server,
    `insert into bots (workspace_id, id, name, status, live_version)
     select workspace_id, gen_random_uuid(), 'Shop ' || lpad(n::text, 3, '0'), status, live_version
     from bots, generate_series(1, 200) n where id = '${bot}';
     insert into bot_versions (workspace_id, bot_id, version, content, draft_id, draft_version)
     select b.workspace_id, b.id, v.version, v.content, gen_random_uuid(), 1
     from bots b, bot_versions v where v.bot_id = '${bot}' and b.id <> '${bot}';
     insert into sources (workspace_id, id, knowledge_base_id, kind, title)
     select s.workspace_id, gen_random_uuid(), s.knowledge_base_id, s.kind, 'Page ' || lpad(n::text, 4, '0')
     from sources s, generate_series(1, 2000) n;
     insert into documents (workspace_id, id, knowledge_base_id, source_id, kind, title, media_type, size, storage_key,
       content_hash, status, live_version, chunk_count)
     select s.workspace_id, s.id, s.knowledge_base_id, s.id, d.kind, s.title, d.media_type, d.size, d.storage_key,
       d.content_hash, 'indexed', 1, 1
     from sources s, documents d where s.title like 'Page %';`,
  );
  const browser = await openBrowser(t, "long-bots");
  const page = await browser.newPage();
  await signIn(page, server.url);
  const cards = page.getByRole("list", { name: "Bots" }).getByRole("listitem");
  await cards.first().waitFor();
  assert.equal(await cards.count(), 50);
  await browser.shoot(page, "bots");
  await page.getByRole("button", { name: "Show more" }).click();
  await cards.nth(99).waitFor();
  assert.equal(await cards.count(), 100);

  // By name, of all of them; the box keeps the focus while the list changes.
  const search = page.getByRole("searchbox", { name: "Search bots" });
  await search.pressSequentially("shop 17");
  await page.waitForFunction(() => document.querySelectorAll("[aria-label=Bots] > li").length === 10);
  assert.ok(await search.evaluate((box) => box === document.activeElement));
  await browser.shoot(page, "found");
  await search.fill("nothing of the kind");
  await page.getByText("No bot has this name.").waitFor();
  await search.fill("");
  await cards.nth(49).waitFor();

  // And from anywhere.
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").getByRole("combobox").fill("Shop 199");
  await page.getByRole("option", { name: /Shop 199/ }).waitFor();
  await browser.shoot(page, "palette");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Shop 199" }).waitFor();

  await page.goto(`${server.url}/knowledge`);
  await page.getByRole("link", { name: "Handbook" }).click();
  const documents = page.getByRole("list", { name: "Documents" }).getByRole("listitem");
  await documents.nth(49).waitFor();
  assert.equal(await documents.count(), 50);
  await page.getByRole("searchbox", { name: "Search documents" }).fill("page 19");
  await page.getByText("Page 1999").waitFor({ state: "detached" });
  await documents.filter({ hasText: "Page 1900" }).waitFor();
  await browser.shoot(page, "documents");
  assertNoComplaints(browser);
});

test("a conversation of ten thousand messages is read from its end, and to its beginning", async (t) => {
  const server = await startServer(t, "long-conversation");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf", { hand_off: { enabled: true } });
  const asked = await fetch(`${server.url}/api/v1/bots/${bot}/chat`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ message: "How long is the warranty of the Aurora K2?" }),
  });
  const { session_id } = await asked.json();
  await fetch(`${server.url}/api/v1/bots/${bot}/hand-off`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ session_id }),
  });
  say(server, session_id, MESSAGES);
  const browser = await openBrowser(t, "long-conversation");
  const page = await browser.newPage();
  await signIn(page, server.url);
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();

  await page.goto(`${server.url}/conversations/${session_id}`);
  const rows = page.locator(".row-far");
  await page.getByText("How long is the warranty of the Aurora K2?").last().waitFor();
  const atFirst = await rows.count();
  // One part, and another one where the first does not fill the screen.
  assert.ok(atFirst <= 202, `${atFirst} rows`);
  await browser.shoot(page, "top");

  // Upwards: what is on the screen stays where it is, and nothing comes twice.
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");
  const top = () => rows.first();
  const reads = [];
  const up = async () => {
    const first = await top().getAttribute("id");
    await page.evaluate(() => window.scrollTo(0, 400));
    await drawn(page);
    const before = await page.evaluate((id) => document.getElementById(id).getBoundingClientRect().top, first);
    reads.push(
      await work(page, devtools, async () => {
        await page.getByRole("button", { name: "Show earlier messages" }).evaluate((button) => button.click());
        await page.waitForFunction((id) => document.querySelector(".row-far")?.id !== id, first);
      }),
    );
    await drawn(page);
    const after = await page.evaluate((id) => document.getElementById(id).getBoundingClientRect().top, first);
    return Math.abs(after - before);
  };
  const moved = await up();
  // Rows are guessed to be of one height until they are near: less than one of them.
  t.diagnostic(`what was on the screen moved by ${Math.round(moved)} px`);
  assert.ok(moved < 96, `the page jumped by ${moved} px`);
  const ids = await rows.evaluateAll((all) => all.map(({ id }) => id));
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ids, [...ids].sort());

  // A good way up, and then how much work it is to move about. All of it: PARTS=100.
  const earlier = page.getByRole("button", { name: "Show earlier messages" });
  for (let i = 0; i < PARTS && (await earlier.count()); i += 1) await up();
  const scrolls = [];
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let i = 0; i < 20; i += 1) {
    const to = Math.floor((height * i) / 20);
    scrolls.push(await work(page, devtools, () => page.evaluate((to) => window.scrollTo(0, to), to)));
  }
  const idle = await work(page, devtools, () => page.waitForTimeout(1000));
  const figures = (all) => {
    const sorted = [...all].sort((a, b) => a - b);
    const at = (part) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]);
    return `half under ${at(0.5)} ms, all under ${at(1)} ms`;
  };
  t.diagnostic(`work of the main thread, ${await rows.count()} messages on the page`);
  t.diagnostic(`reading 100 more: ${figures(reads)}`);
  t.diagnostic(`jumping through it: ${figures(scrolls)}`);
  t.diagnostic(`doing nothing for a second: ${Math.round(idle)} ms`);
  await browser.shoot(page, "all");

  // What is far from the view is found.
  assert.ok(await page.evaluate(() => window.find("Question number 9500")));

  // A link leads to a message, with what was said around it.
  const link = `/conversations/${session_id}?message=00000a00-0000-7000-8000-000000001388`;
  await page.goto(`${server.url}${link}`);
  const wanted = page.locator("#m-00000a00-0000-7000-8000-000000001388");
  await wanted.getByText("Question number 5000").waitFor();
  await page.waitForFunction(() => {
    const { top, bottom } = document.getElementById("m-00000a00-0000-7000-8000-000000001388").getBoundingClientRect();
    return top > 0 && bottom < window.innerHeight;
  });
  await page.getByRole("button", { name: "Show later messages" }).waitFor({ state: "attached" });
  await browser.shoot(page, "linked");

  // The inbox begins at the end.
  await page.goto(`${server.url}/inbox/${session_id}`);
  const log = page.getByRole("log", { name: "Messages" });
  await log.getByText("The visitor asked for a person").waitFor();
  await page.waitForFunction(() => {
    const log = document.querySelector("[role=log]");
    return log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  });
  assert.ok((await rows.count()) <= 102);
  await browser.shoot(page, "inbox");
  const first = await rows.first().getAttribute("id");
  const before = await log.evaluate((log, id) => {
    log.scrollTo(0, 0);
    return document.getElementById(id).getBoundingClientRect().top;
  }, first);
  await page.waitForFunction((id) => document.querySelector(".row-far")?.id !== id, first);
  await drawn(page);
  await drawn(page);
  const after = await page.evaluate((id) => document.getElementById(id).getBoundingClientRect().top, first);
  t.diagnostic(`in the inbox the first message moved by ${Math.round(after - before)} px`);
  assert.ok(Math.abs(after - before) < 96, `the inbox jumped by ${after - before} px`);
  await browser.shoot(page, "inbox-earlier");
  assertNoComplaints(browser);
});

test("a visitor's long conversation begins with its end", async (t) => {
  const server = await startServer(t, "long-visit");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const browser = await openBrowser(t, "long-visit");
  const page = await browser.newPage({ viewport: { width: 375, height: 720 } });
  const chat = `${server.url}/chat/any/${bot}`;
  await page.goto(chat);
  const box = page.getByLabel("Ask a question…");
  await box.fill("How long is the warranty of the Aurora K2?");
  await box.press("Enter");
  await page.getByText("37 months").first().waitFor();
  const [conversation] = (await call("GET", "/conversations")).items;
  say(server, conversation.id, 250);

  await page.goto(chat);
  await page.getByText("37 months").first().waitFor();
  const said = page.locator(".question, .answer");
  await page.getByRole("button", { name: "Earlier messages" }).waitFor({ state: "attached" });
  assert.ok((await said.count()) <= 101);
  await browser.shoot(page, "end");
  // By the keyboard, then by scrolling up.
  const first = page.locator(".question").first();
  const before = await first.textContent();
  await page.getByRole("button", { name: "Earlier messages" }).press("Enter");
  await page.waitForFunction((text) => document.querySelector(".question").textContent !== text, before);
  await page.locator('[data-part="scroll"]').evaluate((area) => area.scrollTo(0, 0));
  await page.getByText("Question number 0", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Earlier messages" }).waitFor({ state: "detached" });
  const numbers = await page.locator(".question").evaluateAll((all) =>
    all.map((one) => Number(/number (\d+)/.exec(one.textContent)?.[1] ?? 1000)),
  );
  assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
  assert.equal(new Set(numbers).size, 126);
  // Older answers are as alive as new ones.
  await page.locator(".answer").filter({ hasText: "Answer number 1." }).locator("strong").waitFor();
  await page.locator('[data-part="scroll"]').evaluate((area) => area.scrollTo(0, 0));
  await browser.shoot(page, "beginning");
  assertNoComplaints(browser);
});
