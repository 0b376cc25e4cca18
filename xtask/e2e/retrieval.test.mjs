// Why a passage is found or not, and what people change about it: on the knowledge base's page and in a transcript.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, indexed, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

test("a search says why, chunks can be changed, and an answer says where it comes from", async (t) => {
  const server = await startServer(t, "retrieval");
  const browser = await openBrowser(t, "retrieval");
  const page = await browser.newPage();
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
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
  // The answer stands where it was asked.
  const verdict = candidates.getByTestId("verdict").filter({ hasText: /\w/ });
  await verdict.waitFor();
  const isInSight = () => document.querySelector("[data-testid=verdict]:not(:empty)").getBoundingClientRect().bottom <= innerHeight;
  await page.waitForFunction(isInSight);
  await browser.shoot(page, "verdict");

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
  // What was typed is not lost by accident.
  page.once("dialog", (question) => question.dismiss());
  await page.keyboard.press("Escape");
  assert.equal(await dialog.getByLabel("Context", { exact: true }).inputValue(), "shine");
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

  await cutOtherwise(page, browser, call);

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

// With other settings the change rests; with the old ones it comes back.
async function cutOtherwise(page, browser, call) {
  const base = new URL(page.url()).pathname.split("/").at(-1);
  const settings = page.getByRole("dialog", { name: "Settings of the knowledge base" });
  const chunks = page.getByRole("dialog", { name: "Chunks of aurora-k2-guide.pdf" });
  const cut = async (size) => {
    await page.getByRole("button", { name: "Settings", exact: true }).click();
    await settings.getByLabel("Largest chunk").fill("10");
    await settings.getByRole("button", { name: "Save" }).click();
    await settings.getByText("Use 32 to 512 tokens.").waitFor();
    await settings.getByLabel("Largest chunk").fill(size);
    await settings.getByText("will be cut anew").waitFor();
    await settings.getByText("People made 1 change to chunks by hand.").waitFor();
    await browser.shoot(page, `settings-${size}`);
    await settings.getByRole("button", { name: "Save" }).click();
    await settings.waitFor({ state: "hidden" });
    // The row may say "Ready" of before; the dialog reads what there is now.
    await indexed(call, base);
    await page.getByText(`up to ${size} tokens`).waitFor();
    await page.getByTestId("document").filter({ hasText: "aurora-k2-guide.pdf" }).getByText("Ready").waitFor();
    await page.getByRole("button", { name: "Show the chunks of aurora-k2-guide.pdf" }).click();
    await chunks.getByTestId("chunk").first().waitFor();
  };
  const before = await page.getByText(/up to \d+ tokens/).innerText();
  await cut("64");
  await chunks.getByText("1 change at rest").click();
  await chunks.getByTestId("resting").getByText("The samovar is polished with beeswax.").waitFor();
  await browser.shoot(page, "resting");
  await page.keyboard.press("Escape");
  await cut(before.match(/up to (\d+)/)[1]);
  await chunks.getByTestId("chunk").first().getByText("The samovar is polished with beeswax.").waitFor();
  assert.equal(await chunks.getByTestId("resting").count(), 0);
  await page.keyboard.press("Escape");
}

async function search(page, question) {
  const box = page.getByRole("searchbox", { name: "Question" });
  await box.fill(question);
  const answered = page.waitForResponse((response) => response.url().endsWith("/search"));
  await box.press("Enter");
  await answered;
}
