// Google Drive as a source: connected in the settings, links given in the wizard, fetched again.

import assert from "node:assert/strict";
import { createVerify, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";

const ACCOUNT = "knowledge@kettle-shop.iam.gserviceaccount.com";
const OWN = "application/vnd.google-apps";
const FOLDER = "1FolderOfTheKettleShop";
const stock = readFileSync(new URL("../../domain/tests/fixtures/corpus/stock-libreoffice.xlsx", import.meta.url));

// A folder with a document, a sheet and a picture, as Drive's API gives them to who shows a token for a signed assertion.
async function startGoogle(t) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const file = (id, name, mimeType, webViewLink) => ({
    id, name, mimeType, webViewLink, trashed: false,
    modifiedTime: "2026-01-01T09:30:00.000Z",
    capabilities: { canDownload: true },
  });
  const folder = file(FOLDER, "Kettle shop", `${OWN}.folder`, `https://drive.google.com/drive/folders/${FOLDER}`);
  const handbook = file("1HandbookDocument", "Handbook", `${OWN}.document`, "https://docs.google.com/document/d/1HandbookDocument/edit?usp=drivesdk");
  const sheet = file("1StockSpreadsheet", "Stock", `${OWN}.spreadsheet`, "https://docs.google.com/spreadsheets/d/1StockSpreadsheet/edit?usp=drivesdk");
  const photo = file("1PhotoOfTheFront", "Front.png", "image/png", "https://drive.google.com/file/d/1PhotoOfTheFront/view?usp=drivesdk");
  const files = new Map([folder, handbook, sheet, photo].map((file) => [file.id, file]));
  const content = { warranty: "# **Warranty**\n\nThe warranty lasts 37 months\\.\n" };

  const refuse = (status, reason, message) => [status, { error: { code: status, message, errors: [{ domain: "global", reason, message }] } }];
  const answer = (path, query) => {
    if (path === "/drive/v3/about") return [200, { user: { emailAddress: ACCOUNT } }];
    if (path === "/drive/v3/files") {
      const isFolder = query.get("q") === `'${FOLDER}' in parents and trashed = false`;
      return [200, { files: isFolder ? [handbook, sheet, photo] : [] }];
    }
    const [, id, verb] = path.match(/^\/drive\/v3\/files\/([^/]+)(\/export)?$/) ?? [];
    if (!files.has(id)) return refuse(404, "notFound", `File not found: ${id}.`);
    if (!verb) return [200, files.get(id)];
    return [200, id === handbook.id ? content.warranty : stock];
  };
  const token = (form) => {
    const [head, claims, signature] = form.get("assertion").split(".");
    const isSigned = createVerify("RSA-SHA256").update(`${head}.${claims}`).verify(publicKey, signature, "base64url");
    const { iss } = JSON.parse(Buffer.from(claims, "base64url"));
    if (isSigned && iss === ACCOUNT) return [200, { access_token: "ya29.test", expires_in: 3599, token_type: "Bearer" }];
    return [400, { error: "invalid_grant", error_description: "Invalid JWT Signature." }];
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    let body = "";
    for await (const part of request) body += part;
    const isOurs = request.headers.authorization === "Bearer ya29.test";
    const [status, said] =
      url.pathname === "/token" ? token(new URLSearchParams(body))
      : isOurs ? answer(url.pathname, url.searchParams)
      : refuse(401, "authError", "Invalid Credentials");
    response.writeHead(status);
    response.end(typeof said === "string" || Buffer.isBuffer(said) ? said : JSON.stringify(said));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const place = `127.0.0.1:${server.address().port}`;
  const key = (pair) => JSON.stringify({
    type: "service_account", project_id: "kettle-shop", private_key_id: "0123456789abcdef",
    private_key: pair.export({ type: "pkcs8", format: "pem" }),
    client_email: ACCOUNT, token_uri: `http://${place}/token`,
  });
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  return { place, content, handbook, key: key(privateKey), otherKey: key(other) };
}

test("Google Drive is connected, a folder taken and kept fresh", async (t) => {
  const google = await startGoogle(t);
  const server = await startServer(t, "google", {
    BOTWRIGHT_GOOGLE_URL: `http://${google.place}`,
    BOTWRIGHT_GOOGLE_TOKEN_URL: `http://${google.place}/token`,
    BOTWRIGHT_OUTBOUND_ALLOW: `["${google.place}"]`,
  });
  const browser = await openBrowser(t, "google");
  const page = await browser.newPage();
  await signUp(page, server.url);
  await connect(page, browser, google);
  await addFolder(page, browser);
  await createKnowledgeBase(page, browser);
  await keepFresh(page, browser, google);
  assertNoComplaints(browser);
});

async function connect(page, browser, google) {
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Connect Google Drive" }).click();
  const dialog = page.getByRole("dialog");
  const connect = dialog.getByRole("button", { name: "Connect", exact: true });
  await dialog.getByLabel("Key of the service account").fill("ntn_wrong");
  await connect.click();
  await dialog.getByText("This is not the JSON of a key.").waitFor();
  await dialog.getByLabel("Key of the service account").fill(google.otherKey);
  await connect.click();
  await dialog.getByText(`Google refuses the key of ${ACCOUNT}`).waitFor();
  await browser.shoot(page, "refused");
  browser.complaints.length = 0;
  await dialog.getByLabel("Key file").setInputFiles({ name: "key.json", mimeType: "application/json", buffer: Buffer.from(google.key) });
  await dialog.getByText(`Google refuses the key of ${ACCOUNT}`).waitFor({ state: "detached" });
  await connect.click();
  const connection = page.getByTestId("connection");
  await connection.getByText("Google Drive · key …cdef").waitFor();
  await connection.getByText(`Share files and folders with ${ACCOUNT}`).waitFor();
  await connection.getByRole("button", { name: "Check" }).click();
  await connection.getByText(`Connected to ${ACCOUNT}.`).waitFor();
  await browser.shoot(page, "settings");
}

async function addFolder(page, browser) {
  await page.getByRole("link", { name: "Knowledge", exact: true }).click();
  await page.getByRole("button", { name: "Create a knowledge base" }).click();
  await page.getByRole("tab", { name: "Google Drive" }).press("Enter");
  const fetch = page.getByRole("button", { name: "Fetch the files" });
  const links = page.getByLabel("Links of files and folders");
  await fetch.click();
  await page.getByText("Enter 1 to 100 links of files or folders, one a line.").waitFor();
  await links.fill("https://example.com/file/d/1HandbookDocument");
  await page.getByText("is no link of a file or folder in Google Drive.").waitFor();
  await links.fill("https://docs.google.com/document/d/1NotSharedWithAnybody/edit");
  await fetch.click();
  await page.getByText(`Google does not show this. Share it with ${ACCOUNT}`).waitFor();
  browser.complaints.length = 0;
  await links.fill(`https://drive.google.com/drive/folders/${FOLDER}?usp=sharing`);
  await browser.shoot(page, "links");
  await shootOnPhone(page, browser, "links-phone");
  await fetch.click();
  const source = page.getByRole("region", { name: "Sources in this draft" }).getByTestId("source");
  await source.getByText("Kettle shop").waitFor();
  await source.getByText("2 pages taken, 2 left out").waitFor();
  await source.getByRole("button", { name: "Show pages" }).click();
  const pages = page.getByRole("dialog");
  await pages.getByText("https://docs.google.com/document/d/1HandbookDocument/edit?usp=drivesdk").waitFor();
  await pages.getByRole("tab", { name: "Left out" }).click();
  await pages.getByText("Of a kind that is not read: Front.png (image/png)").waitFor();
  await browser.shoot(page, "pages");
  await page.keyboard.press("Escape");
}

async function createKnowledgeBase(page, browser) {
  await page.getByRole("button", { name: "Preview the chunks" }).click();
  await page.getByLabel("Chunk preview").getByText("The warranty lasts 37 months.").first().waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Kettle shop");
  await page.getByRole("button", { name: "Create knowledge base" }).click();
  const documents = page.getByRole("list", { name: "Documents" }).getByTestId("document");
  await documents.filter({ hasText: "Stock" }).getByText(/^Ready · \d+ chunk/).waitFor({ timeout: 60_000 });
  await documents.filter({ hasText: "Handbook" }).getByText("Ready · 1 chunk").waitFor({ timeout: 60_000 });
  await browser.shoot(page, "created");
}

async function keepFresh(page, browser, google) {
  google.content.warranty = "# **Warranty**\n\nThe warranty lasts 48 months\\.\n";
  google.handbook.modifiedTime = "2026-01-02T09:30:00.000Z";
  const row = page.getByRole("list", { name: "Sources" }).getByTestId("kb-source");
  await row.getByRole("button", { name: "Sync now" }).click();
  await row.getByText("1 changed, 1 as before").waitFor();
  const documents = page.getByRole("list", { name: "Documents" }).getByTestId("document");
  const handbook = documents.filter({ hasText: "Handbook" });
  await handbook.getByText("Ready · 1 chunk").waitFor({ timeout: 60_000 });
  await browser.shoot(page, "synced");
  await shootOnPhone(page, browser, "synced-phone");
  await page.goto(new URL("/settings", page.url()).href);
  await page.getByTestId("connection").getByText(ACCOUNT).waitFor();
  await shootOnPhone(page, browser, "settings-phone", page.getByTestId("connection"));
}

// As it looks on a phone, without anything to scroll sideways.
async function shootOnPhone(page, browser, title, place) {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await place?.scrollIntoViewIfNeeded();
  await browser.shoot(page, title);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(sideways, 0, `${title} can be scrolled sideways`);
  await page.setViewportSize(size);
}
