// A first bot in two minutes: from an account to cited answers, a deploy, and a page that shows the bot.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";

const PAGES = {
  "/": '<title>Aurora Kettles</title><h1>Aurora Kettles</h1><p>Kettles for people who take tea seriously.</p><a href="/warranty">Warranty</a> <a href="/care">Care</a>',
  "/warranty":
    "<title>Warranty</title><h1>How long is the warranty of the Aurora K2?</h1><p>The Aurora K2 has a warranty of 37 months from the day of purchase.</p>",
  "/care":
    "<title>Care</title><h1>Descaling the kettle</h1><p>Descale the kettle every six weeks with citric acid, then boil it twice with clear water.</p>",
};

// A shop whose front page can be given further markup and headers.
async function startShop(t) {
  const shop = { markup: "", headers: {} };
  const server = createServer((request, response) => {
    const page = PAGES[request.url];
    // Browsers ask for an icon on their own.
    if (!page) return response.writeHead(request.url === "/favicon.ico" ? 204 : 404).end();
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", ...shop.headers });
    response.end(`<!doctype html><html lang="en"><body><main>${page}</main>${request.url === "/" ? shop.markup : ""}</body></html>`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  shop.place = `127.0.0.1:${server.address().port}`;
  shop.url = `http://${shop.place}/`;
  return shop;
}

test("a first bot from a website in a few clicks", async (t) => {
  const shop = await startShop(t);
  const server = await startServer(t, "start", {
    BOTWRIGHT_OUTBOUND_ALLOW: `["${shop.place}"]`,
    BOTWRIGHT_CRAWL_DELAY_MS: "0",
  });
  const browser = await openBrowser(t, "start");
  const page = await browser.newPage({ permissions: ["clipboard-read", "clipboard-write"] });
  await signUp(page, server.url);
  await browser.shoot(page, "empty");

  const work = count();
  await answerTheForm(page, browser, shop, work);
  await seeAnswers(page, browser);
  assert.ok(work.clicks <= 12 && work.typed <= 2, `${work.clicks} clicks, ${work.typed} fields`);
  const code = await deploy(page, browser);
  await examine(page, browser, shop, server, code);
  await changeIt(page, browser);
  await lookOnPhone(page, browser, server);
  assertNoComplaints(browser);
});

// Counts what a person does from here on.
function count() {
  const work = { clicks: 0, typed: 0 };
  work.click = (locator) => {
    work.clicks += 1;
    return locator.click();
  };
  work.fill = (locator, text) => {
    work.typed += 1;
    return locator.fill(text);
  };
  return work;
}

async function answerTheForm(page, browser, shop, work) {
  await work.click(page.getByRole("link", { name: "Create your first bot" }));
  await page.getByRole("button", { name: "Create bot" }).press("Enter");
  await page.getByText("Enter your site's address, or add a file below.").waitFor();
  await work.fill(page.getByLabel("Name", { exact: true }), "Kettle help");
  await work.fill(page.getByLabel("Website"), shop.url);
  await browser.shoot(page, "form");
  await work.click(page.getByRole("button", { name: "Create bot" }));
}

async function seeAnswers(page, browser) {
  await page.waitForURL(/\/bots\/draft\/[^?]+$/);
  const chat = page.getByRole("region", { name: "Test the draft" });
  const answer = chat.getByTestId("answer").first();
  await answer.getByText("37 months").waitFor();
  await answer.getByRole("list", { name: "Sources" }).getByText("Warranty").first().waitFor();
  await browser.shoot(page, "asked");
  await page.getByLabel("Question 1", { exact: true }).waitFor();
  assert.equal(
    await page.getByLabel("Question 1", { exact: true }).inputValue(),
    "How long is the warranty of the Aurora K2?",
  );
}

// Answers the embed code.
async function deploy(page, browser) {
  await page.getByRole("button", { name: "Deploy" }).click();
  await page.getByRole("heading", { name: "Kettle help is live" }).waitFor();
  await page.getByRole("button", { name: "Copy embed code" }).click();
  await page.getByText("Copied", { exact: true }).waitFor();
  await browser.shoot(page, "deployed");
  const code = await page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole("link", { name: "Go to the bot" }).click();
  await page.getByRole("link", { name: "Deploy", exact: true }).click();
  return code;
}

// The embed doctor says what is missing; what it says mends it, and the site is seen.
async function examine(page, browser, shop, server, code) {
  const report = page.getByTestId("embed-report");
  const check = async () => {
    await page.getByLabel("Page", { exact: true }).fill(shop.url);
    await page.getByRole("button", { name: "Check the page" }).click();
  };
  shop.headers["Content-Security-Policy"] = "default-src 'self'";
  await check();
  await report.getByText("3 things have to be mended.").waitFor();
  await report.getByText(`script-src 'self' ${server.url}`, { exact: true }).waitFor();
  await report.scrollIntoViewIfNeeded();
  await browser.shoot(page, "doctor");

  shop.headers["Content-Security-Policy"] = `default-src 'self'; script-src ${server.url}; frame-src ${server.url}`;
  shop.markup = code;
  await check();
  await report.getByText("Nothing keeps this page from showing the bot.").waitFor();
  await browser.shoot(page, "healthy");

  const visitor = await browser.newPage();
  await visitor.goto(shop.url);
  await visitor.getByRole("button", { name: "Chat" }).click();
  await visitor.frameLocator("botwright-widget iframe").getByText("What can I help you with?").waitFor();
  await page.reload();
  await page.getByRole("list", { name: "Sites" }).getByText(`http://${shop.place}`).waitFor();
  await browser.shoot(page, "seen");
}

// What a draft changes is counted, shown and asked for before it goes live; the draft is gone on with.
async function changeIt(page, browser) {
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Greeting").fill("Good morning! Tea?");
  await page.getByTestId("change-count").getByText("1 change").waitFor();
  await page.getByText(/Draft · saved/i).waitFor();
  const draft = page.url();
  await page.goBack();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.waitForURL(draft);
  await page.getByRole("button", { name: "Deploy" }).click();
  const dialog = page.getByRole("dialog", { name: "Changes since version 1" });
  await dialog.getByTestId("change").getByText("Good morning! Tea?").waitFor();
  await browser.shoot(page, "changes");
  await dialog.getByRole("button", { name: "Deploy changes" }).click();
  await page.getByText("Version 2 answers from now on.").waitFor();
}

async function lookOnPhone(page, browser, server) {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 375, height: 812 });
  await page.goto(`${server.url}/bots/new`);
  await page.getByLabel("Website").waitFor();
  await browser.shoot(page, "phone-form");
  // A file that can't be read says so in its row, which is brought into sight.
  await page.getByLabel("Name", { exact: true }).fill("Broken");
  await page.getByLabel("Choose files").setInputFiles([
    { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("Tea is served at four.") },
    { name: "bad.exe", mimeType: "application/octet-stream", buffer: Buffer.from([0x4d, 0x5a, 0, 1, 2, 3]) },
  ]);
  await page.getByRole("button", { name: "Create bot" }).click();
  const refused = page.getByRole("listitem").filter({ hasText: "bad.exe" }).getByRole("alert");
  await refused.waitFor();
  await page.waitForFunction(() => {
    const said = document.querySelector("li [role=alert]").getBoundingClientRect();
    return said.top > 0 && said.bottom < window.innerHeight;
  });
  await browser.shoot(page, "phone-refused");
  browser.complaints.splice(0, browser.complaints.length, ...browser.complaints.filter((said) => !/status of 4(15|22)/.test(said)));
  await page.getByRole("button", { name: "Start empty" }).click();
  await page.waitForURL(/\/bots\/draft\//);
}
