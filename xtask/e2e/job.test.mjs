// The main job as a person does it: documents in, a bot out, visitors answered on a page of another site.

import assert from "node:assert/strict";
import { test } from "node:test";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";
import { startSite } from "./site.mjs";

const DOCUMENTS = ["aurora-k2-guide.pdf", "returns-handbook.docx"];
// What visitors ask, a fact of the answer, and the document it stands in.
const QUESTIONS = [
  { question: "How long is the warranty of the Aurora K2?", fact: "37 months", document: DOCUMENTS[0] },
  { question: "At which gate of the warehouse do I hand in a return?", fact: "gate 14", document: DOCUMENTS[1] },
  { question: "At what temperature should I brew white tea?", fact: "72", document: DOCUMENTS[0] },
];

test("from documents to cited answers on a page of another site", async (t) => {
  const server = await startServer(t, "job");
  const browser = await openBrowser(t, "job");
  const page = await browser.newPage({ permissions: ["clipboard-read", "clipboard-write"] });

  await signUp(page, server.url);
  await browser.shoot(page, "signed-up");
  await createKnowledgeBase(page, browser);
  const embedCode = await buildBot(page, browser);
  await visit(t, browser, server.url, embedCode);
  await readConversation(page, browser, server.url);
  assertNoComplaints(browser);
});

async function createKnowledgeBase(page, browser) {
  await page.getByRole("link", { name: "Create a knowledge base" }).click();
  await page.getByRole("button", { name: "Create a knowledge base" }).click();
  await page
    .getByLabel("Choose files")
    .setInputFiles(DOCUMENTS.map((name) => new URL(`../../domain/tests/fixtures/${name}`, import.meta.url).pathname));
  const sources = page.getByRole("region", { name: "Sources in this draft" }).getByTestId("source");
  for (const name of DOCUMENTS) await sources.filter({ hasText: name }).waitFor();
  await browser.shoot(page, "sources");

  await page.getByRole("button", { name: "Preview the chunks" }).click();
  const preview = page.getByLabel("Chunk preview");
  await preview.getByText("37 months").first().waitFor();
  await page.getByRole("region", { name: "Sources", exact: true }).getByRole("button", { name: DOCUMENTS[1] }).click();
  await preview.getByText("Kestrel Wharf").first().waitFor();
  await browser.shoot(page, "chunks");

  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Kettle handbook");
  await page.getByRole("button", { name: "Create knowledge base" }).click();
  const documents = page.getByRole("list", { name: "Documents" }).getByTestId("document");
  await documents.first().waitFor();
  await browser.shoot(page, "indexing");
  for (const name of DOCUMENTS) {
    await documents.filter({ hasText: name }).getByText(/^Ready · \d+ chunk/).waitFor({ timeout: 60_000 });
  }
  await browser.shoot(page, "indexed");
}

// Answers the embed code that was copied to the clipboard.
async function buildBot(page, browser) {
  await page.getByRole("link", { name: "Bots", exact: true }).first().click();
  await page.getByRole("button", { name: "Build a bot" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Kettle help");
  await page.getByRole("textbox", { name: "Instructions" }).fill("Help owners of Aurora kettles. Be brief.");
  await page.getByLabel("Greeting").fill("Hello! What would you like to know about your kettle?");
  await page.getByLabel(/Kettle handbook/).check();
  await page.getByText(/Draft · saved/i).waitFor();

  const { question, fact, document } = QUESTIONS[0];
  const chat = page.getByRole("region", { name: "Test the draft" });
  await chat.getByLabel("Message", { exact: true }).fill(question);
  await chat.getByRole("button", { name: "Send" }).click();
  const answer = chat.getByTestId("answer");
  await answer.getByText(fact).waitFor();
  await answer.getByRole("list", { name: "Sources" }).getByText(document).first().waitFor();
  await browser.shoot(page, "builder");

  await page.getByRole("button", { name: "Deploy" }).click();
  await page.getByRole("heading", { name: "Kettle help is live" }).waitFor();
  await page.getByRole("button", { name: "Copy embed code" }).click();
  await page.getByText("Copied", { exact: true }).waitFor();
  await browser.shoot(page, "deployed");
  return page.evaluate(() => navigator.clipboard.readText());
}

async function visit(t, browser, host, embedCode) {
  const page = await browser.newPage();
  const streams = [];
  page.on("response", (response) => {
    if (new URL(response.url()).pathname.endsWith("/chat")) streams.push(response);
  });
  await page.goto(await startSite(t, host, embedCode));
  await page.getByRole("button", { name: "Chat" }).click();
  const frame = page.frameLocator("botwright-widget iframe");
  await frame.getByText("Hello! What would you like to know about your kettle?").waitFor();

  for (const [i, { question, fact, document }] of QUESTIONS.entries()) {
    await frame.getByRole("textbox").fill(question);
    await frame.getByRole("textbox").press("Enter");
    const answer = frame.locator("article.answer").last();
    await answer.getByText(fact).first().waitFor();
    await answer.locator(".chip").filter({ hasText: document }).first().waitFor();
    await browser.shoot(page, `answer-${i + 1}`);
    await assertStreamed(streams[i], document);
  }
  // A citation opens the passage it stands for.
  await frame.locator("article.answer").last().locator(".cite").first().click();
  await frame.locator(".card blockquote").getByText("72").first().waitFor();
  await browser.shoot(page, "source");

  await page.reload();
  await page.getByRole("button", { name: "Chat" }).click();
  for (const { question, fact } of QUESTIONS) {
    await frame.locator("article.question").filter({ hasText: question }).waitFor();
    await frame.locator("article.answer").filter({ hasText: fact }).first().waitFor();
  }
  await browser.shoot(page, "resumed");

  await frame.getByRole("button", { name: "New conversation" }).click();
  await frame.locator("article.question").first().waitFor({ state: "detached" });
}

// The answer came in pieces, its sources first, and cites what it was said to.
async function assertStreamed(response, document) {
  assert.match(response.headers()["content-type"], /^text\/event-stream/);
  const events = (await response.text()).split("\n\n").filter((event) => event.includes("event:"));
  const names = events.map((event) => /^event: ?(.+)$/m.exec(event)[1]);
  assert.deepEqual(names.slice(0, 2), ["start", "sources"]);
  assert.ok(names.filter((name) => name === "delta").length > 1, names.join());
  assert.equal(names.at(-1), "done");
  const done = JSON.parse(/^data: ?(.+)$/m.exec(events.at(-1))[1]);
  assert.equal(done.sources[0].title, document);
}

async function readConversation(page, browser, url) {
  await page.goto(`${url}/conversations`);
  await page.getByRole("link", { name: QUESTIONS[0].question }).click();
  for (const { question, fact, document } of QUESTIONS) {
    await page.getByTestId("question").filter({ hasText: question }).waitFor();
    const answer = page.getByTestId("answer").filter({ hasText: fact }).first();
    await answer.getByRole("list", { name: "Sources" }).getByText(document).first().waitFor();
  }
  await browser.shoot(page, "transcript");
}
