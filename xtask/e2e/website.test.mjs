// A website as a source: crawled into a draft, looked through, finalized, and fetched again.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";

const PAGES = {
  "/": ["Aurora Kettles", 'Kettles for people who take tea seriously. <a href="/warranty">Warranty</a> <a href="/care">Care</a> <a href="/hidden">Hidden</a> <a href="/staff">Staff</a>'],
  "/warranty": ["Warranty", "The Aurora K2 has a warranty of 37 months."],
  "/care": ["Care", "Descale the kettle every six weeks with citric acid."],
  "/staff": ["Staff", "Call extension 12 for the coffee machine."],
};

async function startShop(t) {
  const pages = structuredClone(PAGES);
  const server = createServer((request, response) => {
    const page = pages[request.url];
    if (request.url === "/robots.txt") return response.end("User-agent: *\nDisallow: /hidden\n");
    if (!page) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
    response.end(`<!doctype html><title>${page[0]}</title><main><h1>${page[0]}</h1><p>${page[1]}</p></main>`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { place: `127.0.0.1:${server.address().port}`, pages };
}

test("a website is crawled, trimmed, finalized and kept fresh", async (t) => {
  const shop = await startShop(t);
  const server = await startServer(t, "website", {
    BOTWRIGHT_OUTBOUND_ALLOW: `["${shop.place}"]`,
    BOTWRIGHT_CRAWL_DELAY_MS: "0",
  });
  const browser = await openBrowser(t, "website");
  const page = await browser.newPage();
  await signUp(page, server.url);
  await page.getByRole("link", { name: "Create a knowledge base" }).click();
  await page.getByRole("button", { name: "Create a knowledge base" }).click();

  // By the keyboard, as far as it goes.
  await page.getByRole("tab", { name: "Website" }).press("Enter");
  await page.getByRole("button", { name: "Fetch the pages" }).press("Enter");
  await page.getByText("Enter one address such as").waitFor();
  await page.getByLabel("Start page", { exact: true }).fill(`http://${shop.place}/`);
  await page.getByText("Limits and paths").click();
  await page.getByLabel("Most pages", { exact: true }).fill("20");
  await browser.shoot(page, "form");
  await page.getByLabel("Start page", { exact: true }).press("Enter");

  const source = page.getByRole("region", { name: "Sources in this draft" }).getByTestId("source");
  await source.getByText("4 pages taken, 1 left out").waitFor();
  await browser.shoot(page, "crawled");
  await source.getByRole("button", { name: "Show pages" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Leave out Staff" }).click();
  await dialog.getByTestId("page").filter({ hasText: "/staff" }).waitFor({ state: "detached" });
  await dialog.getByRole("tab", { name: "Left out" }).click();
  await dialog.getByText("The site asks programs to stay away (robots.txt)").waitFor();
  await dialog.getByText("Left out by hand").waitFor();
  await browser.shoot(page, "pages");
  await page.keyboard.press("Escape");
  await page.setViewportSize({ width: 390, height: 800 });
  await browser.shoot(page, "phone");
  await page.setViewportSize({ width: 1280, height: 800 });

  await page.getByRole("button", { name: "Preview the chunks" }).click();
  await page.getByLabel("Chunk preview").getByText("37 months").first().waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Kettle shop");
  await page.getByRole("button", { name: "Create knowledge base" }).click();
  const documents = page.getByRole("list", { name: "Documents" }).getByTestId("document");
  for (const title of ["Warranty", "Care"]) {
    await documents.filter({ hasText: title }).getByText(/^Ready · \d+ chunk/).waitFor({ timeout: 60_000 });
  }
  assert.equal(await documents.count(), 3);

  shop.pages["/warranty"][1] = "The Aurora K2 has a warranty of 48 months.";
  delete shop.pages["/care"];
  const row = page.getByRole("list", { name: "Sources" }).getByTestId("kb-source");
  await row.getByRole("button", { name: "Sync now" }).click();
  await row.getByText("1 changed, 1 removed, 1 as before").waitFor();
  await documents.filter({ hasText: "Care" }).waitFor({ state: "detached" });
  await documents.filter({ hasText: "Warranty" }).getByText(/^Ready · \d+ chunk/).waitFor({ timeout: 60_000 });
  await row.getByLabel("Fetch again").selectOption({ label: "Every day" });
  await page.getByText("The schedule was changed.").waitFor();
  await browser.shoot(page, "synced");
  await page.reload();
  assert.equal(await row.getByLabel("Fetch again").inputValue(), "24");

  await row.getByRole("button", { name: /^Delete / }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete source" }).click();
  await page.getByText("No sources. Add some").waitFor();
  assertNoComplaints(browser);
});
