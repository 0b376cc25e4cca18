// Questions with their answers as a source: written, imported, finalized, and changed later.

import assert from "node:assert/strict";
import { test } from "node:test";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";

const csv = (text) => ({ name: "Opening hours.csv", mimeType: "text/csv", buffer: Buffer.from(text) });

test("questions are written, imported and changed", async (t) => {
  const server = await startServer(t, "pairs");
  const browser = await openBrowser(t, "pairs");
  const page = await browser.newPage();
  await signUp(page, server.url);
  await page.getByRole("link", { name: "Create a knowledge base" }).click();
  await page.getByRole("button", { name: "Create a knowledge base" }).click();

  await page.getByRole("tab", { name: "Questions" }).press("Enter");
  await page.getByRole("button", { name: "Add questions" }).press("Enter");
  await page.getByText("Write 1 to 2,000 questions").waitFor();
  await page.getByLabel("Title").last().fill("Common questions");
  const pairs = page.getByTestId("pair");
  await pairs.nth(0).getByLabel("Question", { exact: true }).fill("How long is the warranty?");
  await pairs.nth(0).getByLabel("Answer", { exact: true }).fill("37 months.");
  await page.getByRole("button", { name: "Another question" }).click();
  await pairs.nth(1).getByLabel("Question", { exact: true }).fill("Do you ship abroad?");
  await page.getByRole("button", { name: "Add questions" }).click();
  await pairs.nth(1).getByText("Answer: Please fill this in.").waitFor();
  await browser.shoot(page, "form");
  await pairs.nth(1).getByLabel("Answer", { exact: true }).fill("Yes, to Peru and Chad.");
  await page.getByRole("button", { name: "Add questions" }).click();
  const sources = page.getByRole("region", { name: "Sources in this draft" }).getByTestId("source");
  await sources.getByText("Common questions").waitFor();

  const file = page.getByLabel("CSV file");
  await file.setInputFiles(csv("question,answer\nWhen?,\n"));
  await page.getByText("row 2: answer").waitFor();
  await browser.shoot(page, "csv-errors");
  assert.match(browser.complaints.splice(0).join(), /422 \(Unprocessable/);
  await file.setInputFiles(csv("Question;Answer\nWhen do you open?;At nine.\n"));
  await sources.getByText("Opening hours").waitFor();

  // What was added can still be changed.
  await page.getByRole("button", { name: "Edit the questions of Opening hours" }).click();
  const inDraft = page.getByRole("dialog");
  await inDraft.getByLabel("Answer", { exact: true }).fill("");
  await inDraft.getByRole("button", { name: "Save" }).click();
  await inDraft.getByText("Answer: Please fill this in.").waitFor();
  await inDraft.getByLabel("Answer", { exact: true }).fill("At eight.");
  await browser.shoot(page, "edit-in-draft");
  await page.setViewportSize({ width: 390, height: 800 });
  await browser.shoot(page, "edit-in-draft-phone");
  await page.setViewportSize({ width: 1280, height: 800 });
  await inDraft.getByRole("button", { name: "Save" }).click();
  await page.getByText("The questions were saved.").waitFor();
  await page.getByRole("button", { name: "Edit the questions of Opening hours" }).click();
  await inDraft.getByLabel("Question", { exact: true }).waitFor();
  assert.equal(await inDraft.getByLabel("Answer", { exact: true }).inputValue(), "At eight.");
  await inDraft.getByRole("button", { name: "Close" }).click();
  assert.equal(await sources.count(), 2);

  await page.getByRole("button", { name: "Preview the chunks" }).click();
  const preview = page.getByLabel("Chunk preview");
  await preview.getByText("How long is the warranty?").first().waitFor();
  await browser.shoot(page, "chunks");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Questions");
  await page.getByRole("button", { name: "Create knowledge base" }).click();
  const documents = page.getByRole("list", { name: "Documents" }).getByTestId("document");
  const common = documents.filter({ hasText: "Common questions" });
  await common.getByText("Ready · 2 chunks").waitFor({ timeout: 60_000 });

  await page.getByRole("button", { name: "Edit the questions of Common questions" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByTestId("pair").nth(0).getByLabel("Answer", { exact: true }).fill("48 months.");
  await dialog.getByRole("button", { name: "Another question" }).click();
  await dialog.getByTestId("pair").nth(2).getByLabel("Question", { exact: true }).fill("Who are you?");
  await dialog.getByTestId("pair").nth(2).getByLabel("Answer", { exact: true }).fill("A shop.");
  await dialog.getByRole("button", { name: "Remove this question" }).nth(1).click();
  await browser.shoot(page, "edit");
  await dialog.getByRole("button", { name: "Save" }).click();
  // What was said of the questions before may still be there.
  await dialog.waitFor({ state: "hidden" });
  await page.getByText("The questions were saved.").last().waitFor();

  await page.getByRole("button", { name: "Edit the questions of Common questions" }).click();
  await dialog.getByLabel("CSV file").setInputFiles(csv("question\tanswer\nWHO ARE YOU?\tA shop of kettles.\nWhere?\tIn Porto.\n"));
  await page.getByText("1 question added, 1 changed.").waitFor();
  await dialog.getByTestId("pair").nth(2).waitFor();
  assert.equal(await dialog.getByTestId("pair").nth(0).getByLabel("Answer", { exact: true }).inputValue(), "48 months.");
  await page.setViewportSize({ width: 390, height: 800 });
  await browser.shoot(page, "phone");
  await page.setViewportSize({ width: 1280, height: 800 });
  await dialog.getByRole("button", { name: "Close" }).click();
  await common.getByText("Ready · 3 chunks").waitFor({ timeout: 60_000 });
  assertNoComplaints(browser);
});
