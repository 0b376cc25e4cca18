// The dashboard in another language than English: chosen by the browser or by the person, whole, and on a phone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

// Words that are the same in Russian: names, formats, addresses, and what the test itself typed.
const NAMES = new RegExp(
  `\\b(${[
    "Botwright|English|Deutsch|Español|Français|Europe\\/Paris|PNG|JPEG|WebP|Shift\\+Enter|Enter|Tab|hours|API|URL|CSV|JSON|HTML|PDF|ZIP|QR|POST|SSO|Markdown|Word|PowerPoint|Excel|OpenDocument|RTF|EPUB|Office",
    "JavaScript|Python|OpenAI|OpenAI-compatible|Ollama|Cohere|Jina|Text Embeddings Inference|Notion|Google Drive|Google|Standard Webhooks|CRM",
    "robots\\.txt|UTC|PIN|BM25|KB|MB|Id|id|worker|USD|Grace Hopper|Grace|GH|Handbook|handbook|bot|Acme|Ada",
    "My workspace|A Node\\.js program|curl|self-hosted|HeadlessChrome|Chromium|Chrome|Linux|Windows|macOS|on|email|phone|card|x|p95|ms|ai",
  ].join("|")})\\b`,
  "gu",
);

test("the dashboard speaks Russian to whoever does", async (t) => {
  const server = await startServer(t, "languages");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const browser = await openBrowser(t, "languages");
  const page = await browser.newPage({ locale: "ru-RU" });
  await signInInRussian(page, browser, server);
  await readEveryPage(page, browser, server, await addresses(call, bot));
  await choose(page, browser, server);
  await lookOnPhone(page, browser, server, bot);
  // What was wrong on purpose: a password, a form, an address.
  assertNoComplaints({ complaints: browser.complaints.filter((said) => !/status of (401|404|422)/.test(said)) });
});

test("without a wish, the dashboard is in English", async (t) => {
  const server = await startServer(t, "english");
  const browser = await openBrowser(t, "english");
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  assert.ok((await page.evaluate(() => navigator.languages[0])).startsWith("en"));

  const french = await browser.newPage({ locale: "fr-FR" });
  await french.goto(server.url);
  await french.getByRole("heading", { name: "Sign in" }).waitFor();
  assertNoComplaints(browser);
});

async function signInInRussian(page, browser, server) {
  await page.goto(server.url);
  await page.getByRole("heading", { name: "Войти" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "ru");
  assert.deepEqual(await english(page), []);
  await browser.shoot(page, "sign-in");

  // The checks that forms share with the server, then the server's own words.
  await page.getByRole("button", { name: "Войти", exact: true }).click();
  await page.getByText("Введите адрес почты, например ada@example.com.").waitFor();
  await page.getByLabel("Электронная почта").fill("grace@example.com");
  await page.getByLabel("Пароль", { exact: true }).fill("wrong horse battery");
  await page.getByRole("button", { name: "Войти", exact: true }).click();
  await page.getByText("Адрес и пароль не подходят друг к другу. Проверьте оба.").waitFor();

  await page.getByRole("link", { name: "Создать аккаунт" }).click();
  await page.getByLabel("Ваше имя").fill("Ada");
  await page.getByLabel("Электронная почта").fill("ada@example.com");
  await page.getByLabel("Пароль", { exact: true }).fill("short");
  await page.getByRole("button", { name: "Создать аккаунт" }).click();
  await page.getByText("От 10 до 128 символов.").waitFor();
  await page.getByLabel("Пароль", { exact: true }).fill("qwertyuiop");
  await page.getByRole("button", { name: "Создать аккаунт" }).click();
  // Made of two texts by the server: why, and what to do.
  await page.getByText("Возьмите четыре или больше слов, никак не связанных между собой.").waitFor();
  assert.deepEqual(await english(page), []);
  await page.getByRole("link", { name: "Войти" }).click();
  await page.getByLabel("Электронная почта").fill("grace@example.com");
  await page.getByLabel("Пароль", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Войти", exact: true }).click();
  await page.getByRole("heading", { name: "Боты", exact: true }).waitFor();
}

async function addresses(call, bot) {
  const [base] = await call("GET", "/kb");
  const botDraft = await call("POST", "/chatbots/draft", {});
  const baseDraft = await call("POST", "/kb/draft", {});
  const set = await call("POST", "/test-sets", { name: "Handbook" });
  return [
    "/bots",
    `/bots/${bot}`,
    `/bots/${bot}/test`,
    `/bots/${bot}/test/sets`,
    `/bots/${bot}/deploy`,
    `/bots/${bot}/deploy/api`,
    `/bots/${bot}/monitor/conversations`,
    `/bots/${bot}/monitor/gaps`,
    `/bots/${bot}/monitor/analytics`,
    "/bots/new",
    `/bots/draft/${botDraft.id}`,
    "/knowledge",
    `/knowledge/${base.id}`,
    `/knowledge/draft/${baseDraft.id}`,
    "/inbox",
    "/conversations",
    "/conversations/gaps",
    "/leads",
    "/analytics",
    "/tests",
    `/tests/${set.id}`,
    "/settings",
    "/settings/data",
    "/settings/inbox",
    "/settings/usage",
    "/settings/webhooks",
    "/settings/audit",
    "/members",
    "/organization",
    "/account",
    "/forgot",
    "/no-such-page",
    `/conversations/${bot}`,
  ];
}

async function readEveryPage(page, browser, server, all) {
  const left = [];
  for (const address of all) {
    await open(page, server, address);
    await browser.shoot(page, address.split("/").filter((part) => part.length > 1 && part.length < 20).join("-"));
    for (const words of await english(page)) left.push(`${address}: ${words}`);
  }
  assert.deepEqual(left, [], "English is left");
}

async function open(page, server, address) {
  await page.goto(`${server.url}${address}`);
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => document.querySelector("h1, h2") && !document.querySelector("#boot, [aria-busy=true]"));
}

// What a person or a screen reader reads in Latin letters, names left out. What people wrote themselves (dir="auto"), code
// and addresses (dir="ltr") are theirs.
async function english(page) {
  const read = await page.evaluate(() => {
    const isForeign = (element) => element.closest("code, kbd, pre, script, style, noscript, iframe, [dir=auto], [dir=ltr]:not(html), [lang]:not(html), #boot");
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (element && !isForeign(element)) found.add(walker.currentNode.data.trim());
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        if (!element.closest("code, pre, iframe, [dir=ltr]:not(html)") && !(name === "title" && isForeign(element))) found.add(element.getAttribute(name));
      }
    }
    return [...found];
  });
  const addresses = /https?:\/\/\S*|\S+@\S+|(?<=^|\s)\/[\w*/-]+|[\w*-]+(\.[\w*-]+)+\S*|…\w+|\b[a-z]+(_[a-z]+)+\b|\b[A-Z]+(_[A-Z]+)+\b|#[\da-f]{6}\b|«[^»]*»/gu;
  return read.filter((words) => /[a-z]{2}/iu.test(words.replace(NAMES, " ").replace(addresses, " ").replace(NAMES, " ")));
}

// English and back, from the account menu.
async function choose(page, browser, server) {
  await open(page, server, "/settings/usage");
  await page.getByRole("button", { name: "Аккаунт" }).click();
  await browser.shoot(page, "menu");
  await page.getByTestId("language").selectOption("en");
  await page.getByRole("heading", { name: "Settings", exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  assert.ok((await english(page)).length > 20, "English would have been noticed");
  // The choice outlives the page, although the browser asks for Russian.
  await open(page, server, "/bots");
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByTestId("language").selectOption({ label: "Русский" });
  await page.getByRole("heading", { name: "Боты", exact: true }).waitFor();
}

async function lookOnPhone(page, browser, server, bot) {
  await page.setViewportSize({ width: 375, height: 720 });
  for (const address of ["/bots", `/bots/${bot}`, "/knowledge", "/conversations/gaps", "/leads", "/analytics", "/settings", "/settings/data", "/settings/audit", "/members", "/account"]) {
    await open(page, server, address);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 375, `${address} is ${width} px wide`);
    await browser.shoot(page, `phone-${address.split("/")[1]}`);
  }
}
