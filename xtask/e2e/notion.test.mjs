// Notion as a source: connected in the settings, chosen in the wizard, fetched again.

import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";

const TOKEN = "ntn_test0123456789abcdefWXYZ";
const text = (words) => [{ type: "text", plain_text: words, annotations: {}, href: null }];

// One page and a database of one row, as Notion's API gives them.
async function startNotion(t) {
  const page = (id, title, more = {}) => ({
    object: "page",
    id: `00000000-0000-4000-8000-00000000000${id}`,
    last_edited_time: "2026-01-01T09:30:00.000Z",
    properties: { Name: { type: "title", title: text(title) }, ...more },
  });
  const handbook = page(1, "Handbook");
  const kettle = page(2, "Kettle K2", { Price: { type: "number", number: 49 } });
  const database = { object: "database", id: "00000000-0000-4000-8000-000000000003", title: text("Products") };
  const content = { warranty: "The warranty lasts 37 months." };
  const list = (results) => ({ object: "list", results, has_more: false, next_cursor: null });
  const answer = (path) => {
    if (path === "/v1/users/me") return { object: "user", bot: { workspace_name: "Kettle shop" } };
    if (path === "/v1/search") return list([handbook, database]);
    if (path === `/v1/databases/${database.id}/query`) return list([kettle]);
    for (const found of [handbook, kettle]) if (path === `/v1/pages/${found.id}`) return found;
    if (path === `/v1/blocks/${handbook.id}/children`)
      return list([{ object: "block", id: database.id, type: "paragraph", has_children: false, paragraph: { rich_text: text(content.warranty) } }]);
    return list([]);
  };
  const server = createServer((request, response) => {
    const isOurs = request.headers.authorization === `Bearer ${TOKEN}`;
    response.writeHead(isOurs ? 200 : 401, { "Content-Type": "application/json" });
    const refusal = { object: "error", status: 401, code: "unauthorized", message: "API token is invalid." };
    response.end(JSON.stringify(isOurs ? answer(request.url.split("?")[0]) : refusal));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { place: `127.0.0.1:${server.address().port}`, content };
}

test("Notion is connected, its pages chosen and kept fresh", async (t) => {
  const notion = await startNotion(t);
  const server = await startServer(t, "notion", {
    BOTWRIGHT_NOTION_URL: `http://${notion.place}`,
    BOTWRIGHT_OUTBOUND_ALLOW: `["${notion.place}"]`,
  });
  const browser = await openBrowser(t, "notion");
  const page = await browser.newPage();
  await signUp(page, server.url);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Connect Notion" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Integration token").fill("ntn_wrong");
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  await dialog.getByText("Notion refuses the token.").waitFor();
  browser.complaints.length = 0;
  await dialog.getByLabel("Integration token").fill(TOKEN);
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  const connection = page.getByTestId("connection");
  await connection.getByText("Notion · token …WXYZ").waitFor();
  await connection.getByRole("button", { name: "Check" }).click();
  await connection.getByText("Connected to Kettle shop.").waitFor();
  await browser.shoot(page, "settings");

  await page.getByRole("link", { name: "Knowledge", exact: true }).click();
  await page.getByRole("button", { name: "Create a knowledge base" }).click();
  await page.getByRole("tab", { name: "Notion" }).press("Enter");
  await page.getByRole("button", { name: "Fetch the pages" }).last().click();
  await page.getByText("Choose 1 to 100 pages or databases.").waitFor();
  await page.getByLabel("Handbook").check();
  await page.getByLabel("Products").check();
  await page.getByText("(2 chosen)").waitFor();
  await browser.shoot(page, "choose");
  await page.getByRole("button", { name: "Fetch the pages" }).last().click();
  const source = page.getByRole("region", { name: "Sources in this draft" }).getByTestId("source");
  await source.getByText("Handbook and 1 more").waitFor();
  await source.getByText("2 pages taken, 1 left out").waitFor();
  await browser.shoot(page, "fetched");

  await page.getByRole("button", { name: "Preview the chunks" }).click();
  await page.getByLabel("Chunk preview").getByText("37 months").first().waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Kettle shop");
  await page.getByRole("button", { name: "Create knowledge base" }).click();
  const documents = page.getByRole("list", { name: "Documents" }).getByTestId("document");
  await documents.filter({ hasText: "Kettle K2" }).getByText("Ready · 1 chunk").waitFor({ timeout: 60_000 });

  notion.content.warranty = "The warranty lasts 48 months.";
  const row = page.getByRole("list", { name: "Sources" }).getByTestId("kb-source");
  await row.getByRole("button", { name: "Sync now" }).click();
  await row.getByText("1 changed, 1 as before").waitFor();
  await documents.filter({ hasText: "Handbook" }).getByText("Ready · 1 chunk").waitFor({ timeout: 60_000 });
  await browser.shoot(page, "synced");
  assertNoComplaints(browser);
});
