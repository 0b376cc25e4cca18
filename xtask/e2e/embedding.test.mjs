// Another embedding model: a provider is connected, its model tried, and it takes over while the old one answers.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

const PAIRS = JSON.parse(readFileSync(new URL("../../domain/src/embeddings/calibration.json", import.meta.url)));
const DIMENSIONS = 256;

// A direction for each pair that a model is tried on; of every other text, its words.
function vector(text) {
  const numbers = new Array(DIMENSIONS).fill(0.01);
  const pair = PAIRS.findIndex(({ question, passage }) => text === question || text === passage);
  if (pair >= 0) numbers[pair] = 1;
  else for (const word of text.toLowerCase().match(/[a-z]{4,}/g) ?? []) {
    let place = 0;
    for (const letter of word.slice(0, 5)) place = (place * 31 + letter.charCodeAt(0)) % DIMENSIONS;
    numbers[place] += 1;
  }
  return numbers;
}

// Ollama, as far as it matters here. `hold(true)` keeps it from answering about the handbook.
async function startOllama(t) {
  let held = false;
  let release = () => {};
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const { model, input } = JSON.parse(body);
    const send = (status, answer) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(answer));
    };
    if (model !== "all-words") {
      const message = `model "${model}" not found, try pulling it first`;
      return send(404, { error: { message, type: "api_error" } });
    }
    if (held && input.some((text) => text.startsWith("aurora-k2-guide"))) await new Promise((resolve) => (release = resolve));
    const data = input.map((text, index) => ({ object: "embedding", index, embedding: vector(text) }));
    send(200, { object: "list", data, model, usage: { prompt_tokens: 1, total_tokens: 1 } });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const hold = (wanted) => {
    held = wanted;
    if (!wanted) release();
  };
  return { place: `127.0.0.1:${server.address().port}`, hold };
}

test("another embedding model is tried, takes over in the background, and can be stopped", async (t) => {
  const ollama = await startOllama(t);
  const server = await startServer(t, "embedding", { BOTWRIGHT_OUTBOUND_ALLOW: `["${ollama.place}"]` });
  await deployBot(await signUp(server.url), "aurora-k2-guide.pdf");
  const browser = await openBrowser(t, "embedding");
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  const password = page.getByLabel("Password", { exact: true });
  await password.fill("correct horse battery");
  await password.press("Enter");
  await page.getByRole("link", { name: "Settings" }).click();
  const section = page.getByRole("region", { name: "Embedding model" });
  await section.getByText("Built in (all-MiniLM-L6-v2)").waitFor();

  // Without a provider the dialog says where to connect one.
  await section.getByRole("button", { name: "Choose another" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Connect a provider first").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Connect a provider" }).click();
  await dialog.getByLabel("Name", { exact: true }).fill("Ollama");
  await dialog.getByLabel("Base URL").fill(`http://${ollama.place}/v1`);
  await dialog.getByLabel("Default model").fill("all-words");
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByText("no key").waitFor();

  await section.getByRole("button", { name: "Choose another" }).click();
  await dialog.getByRole("button", { name: "Try and change" }).click();
  await dialog.getByText("Please fill this in.").waitFor();
  await dialog.getByLabel("Model", { exact: true }).fill("no-such-model");
  await dialog.getByRole("button", { name: "Try and change" }).click();
  await dialog.getByText('model "no-such-model" not found, try pulling it first').waitFor();
  browser.complaints.length = 0;
  await browser.shoot(page, "refused");

  ollama.hold(true);
  await dialog.getByLabel("Model", { exact: true }).fill("all-words");
  await dialog.getByRole("button", { name: "Try and change" }).click();
  await section.getByText("0 of 1 documents are ready").waitFor();
  await browser.shoot(page, "changing");
  await section.getByRole("button", { name: "Stop the change" }).click();
  await section.getByRole("progressbar").waitFor({ state: "detached" });
  await section.getByText("Built in (all-MiniLM-L6-v2)").waitFor();
  ollama.hold(false);

  await section.getByRole("button", { name: "Choose another" }).click();
  await dialog.getByLabel("Model", { exact: true }).fill("all-words");
  await dialog.getByRole("button", { name: "Try and change" }).click();
  await section.getByRole("progressbar").waitFor();
  await section.getByRole("progressbar").waitFor({ state: "detached", timeout: 60_000 });
  await section.getByText("all-words of Ollama", { exact: true }).waitFor();
  await browser.shoot(page, "changed");
  await page.setViewportSize({ width: 375, height: 800 });
  await section.scrollIntoViewIfNeeded();
  await browser.shoot(page, "phone");
  await page.setViewportSize({ width: 1280, height: 860 });

  // What it made is searched.
  await page.getByRole("link", { name: "Knowledge", exact: true }).click();
  await page.getByRole("link", { name: "Handbook" }).click();
  const box = page.getByRole("searchbox", { name: "Question" });
  await box.fill("How hot is green tea made?");
  await box.press("Enter");
  await page.getByTestId("candidates").getByText("Given").first().waitFor();
  assertNoComplaints(browser);
});
