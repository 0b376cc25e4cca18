// Why a passage is found or not, and what people change about it: on the knowledge base's page and in a transcript.

import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

test("a search says why, chunks can be changed, and an answer says where it comes from", async (t) => {
  const server = await startServer(t, "retrieval");
  const browser = await openBrowser(t, "retrieval");
  const page = await browser.newPage();
  const bot = await deployBot(await signUp(server.url), "aurora-k2-guide.pdf");
  await page.goto(server.url);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  const password = page.getByLabel("Password", { exact: true });
  await password.fill("correct horse battery");
  await password.press("Enter");
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();

  await page.goto(`${server.url}/knowledge`);
  await page.getByRole("link", { name: "Handbook" }).click();
  await search(page, "How hot is green tea made?");
  const candidates = page.getByTestId("candidates");
  await candidates.getByText("Given").first().waitFor();
  await browser.shoot(page, "candidates");
  await page.getByRole("button", { name: "Should this have won?" }).last().click();
  await page.getByTestId("expected").waitFor();
  await browser.shoot(page, "expected");

  // A chunk is rewritten, and found by its new words; then it is switched off, and found no more.
  await page.getByRole("button", { name: "Show the chunks of aurora-k2-guide.pdf" }).click();
  const dialog = page.getByRole("dialog");
  const chunk = dialog.getByTestId("chunk").first();
  await chunk.getByRole("button", { name: "Edit" }).click();
  await dialog.getByLabel("Text", { exact: true }).fill("");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Please fill this in.").waitFor();
  await dialog.getByLabel("Text", { exact: true }).fill("The samovar is polished with beeswax.");
  await dialog.getByLabel("Context", { exact: true }).fill("shine");
  await browser.shoot(page, "edit");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("edited").waitFor();
  await dialog.getByText("Try other settings").click();
  await dialog.getByLabel("Largest chunk").fill("64");
  await dialog.getByRole("button", { name: "Compare" }).press("Enter");
  await dialog.getByRole("heading", { name: /^With these settings: \d+ chunks$/ }).waitFor();
  await browser.shoot(page, "rechunk");
  await page.keyboard.press("Escape");
  await search(page, "What polishes a samovar?");
  await page.getByRole("listitem").filter({ hasText: "The samovar is polished with beeswax." }).first().waitFor();

  await page.getByRole("button", { name: "Show the chunks of aurora-k2-guide.pdf" }).click();
  await dialog.getByTestId("chunk").first().getByRole("button", { name: "Edit" }).click();
  await dialog.getByLabel("Bots answer from this chunk").uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("switched off").waitFor();
  await page.keyboard.press("Escape");
  await search(page, "What polishes a samovar?");
  await page.getByText("beeswax").first().waitFor({ state: "detached" });

  // In a transcript, the same view of what was searched for the answer.
  const asked = await fetch(`${server.url}/api/v1/bots/${bot}/chat`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ message: "How long is the guarantee?" }),
  });
  const { session_id } = await asked.json();
  await page.goto(`${server.url}/conversations/${session_id}`);
  await page.getByRole("button", { name: "Why this answer?" }).click();
  await page.getByRole("dialog").getByTestId("candidates").getByText("Given").first().waitFor();
  await page.getByRole("dialog").getByText("37 months").first().waitFor();
  await browser.shoot(page, "why");
  await page.setViewportSize({ width: 390, height: 800 });
  await browser.shoot(page, "phone");
  assertNoComplaints(browser);
});

async function search(page, question) {
  const box = page.getByRole("searchbox", { name: "Question" });
  await box.fill(question);
  const answered = page.waitForResponse((response) => response.url().endsWith("/search"));
  await box.press("Enter");
  await answered;
}
