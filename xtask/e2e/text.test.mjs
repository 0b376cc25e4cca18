// Text that is pasted: from the draft to an answer that cites it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";

const TEXT = `# Opening hours

The workshop in Porto opens at nine on weekdays and stays closed on Mondays.

# Prices

A new chain costs 34 euros with the work.`;

test("pasted text is cut, indexed and cited", async (t) => {
  const server = await startServer(t, "text");
  const browser = await openBrowser(t, "text");
  const page = await browser.newPage();
  await signUp(page, server.url);
  await page.getByRole("link", { name: "Create a knowledge base" }).click();
  await page.getByRole("button", { name: "Create a knowledge base" }).click();

  // By the keyboard, as far as it goes; what is missing is said at its field.
  await page.getByRole("tab", { name: "Text" }).press("Enter");
  await page.getByRole("button", { name: "Add text" }).press("Enter");
  const title = page.getByLabel("Title").first();
  await page.getByText("Please fill this in.").first().waitFor();
  await title.fill("Workshop notes");
  await page.getByLabel("Text", { exact: true }).fill(TEXT);
  await browser.shoot(page, "form");
  await page.getByRole("button", { name: "Add text" }).click();
  const sources = page.getByRole("region", { name: "Sources in this draft" }).getByTestId("source");
  await sources.getByText("Workshop notes").waitFor();
  assert.equal(await title.inputValue(), "", "ready for the next one");

  // The draft keeps it.
  await page.reload();
  await sources.getByText("Workshop notes").waitFor();
  await page.getByRole("button", { name: "Preview the chunks" }).click();
  const preview = page.getByLabel("Chunk preview");
  await preview.getByText("stays closed on Mondays").first().waitFor();
  await browser.shoot(page, "chunks");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Workshop");
  await page.getByRole("button", { name: "Create knowledge base" }).click();
  const documents = page.getByRole("list", { name: "Documents" }).getByTestId("document");
  await documents.filter({ hasText: "Workshop notes" }).getByText(/^Ready · \d+ chunk/).waitFor({ timeout: 60_000 });

  await page.getByRole("link", { name: "Bots", exact: true }).first().click();
  await page.getByRole("button", { name: "Build a bot" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Workshop help");
  await page.getByLabel(/^Workshop/).check();
  await page.getByText(/Draft · saved/i).waitFor();
  const chat = page.getByRole("region", { name: "Test the draft" });
  await chat.getByLabel("Message", { exact: true }).fill("On which day is the workshop closed?");
  await chat.getByRole("button", { name: "Send" }).click();
  const answer = chat.getByTestId("answer");
  await answer.getByText("closed on Mondays").first().waitFor();
  await answer.getByRole("list", { name: "Sources" }).getByText("Workshop notes").first().waitFor();
  await browser.shoot(page, "answer");
  assertNoComplaints(browser);
});
