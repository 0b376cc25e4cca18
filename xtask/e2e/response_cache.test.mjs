// The response cache: switched on for a bot with a provider's model, the same question costs one answer of the model, and
// Analytics says how often that happened.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

const QUESTION = "How long is the warranty of the Aurora K2?";
const ANSWER = "It is three years [1].";

// An OpenAI-compatible server with one answer, in pieces.
async function startModel(t) {
  const asked = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    asked.push(JSON.parse(body));
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const send = (choices, more = {}) => {
      const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-test", choices, ...more };
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    };
    for (const content of ANSWER.split(/(?= )/)) send([{ index: 0, delta: { content }, finish_reason: null }]);
    send([{ index: 0, delta: {}, finish_reason: "stop" }]);
    send([], { usage: { prompt_tokens: 500, completion_tokens: 7, total_tokens: 507 } });
    response.end("data: [DONE]\n\n");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { place: `127.0.0.1:${server.address().port}`, asked };
}

test("the same question is answered by the model once where the owner wants it so", async (t) => {
  const model = await startModel(t);
  const server = await startServer(t, "response_cache", { BOTWRIGHT_OUTBOUND_ALLOW: `["${model.place}"]` });
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  await call("POST", "/providers", { name: "Local", base_url: `http://${model.place}/v1`, default_model: "gpt-test" });
  const ask = () => call("POST", `/bots/${bot}/chat`, { message: QUESTION });

  const browser = await openBrowser(t, "response_cache");
  const page = await browser.newPage();
  await page.goto(`${server.url}/bots/${bot}/build`);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();

  // The built-in answerer costs nothing, so there is nothing to switch on.
  const cache = page.getByLabel("Response cache");
  await page.getByRole("radio", { name: /A model of your provider/ }).waitFor();
  assert.equal(await cache.count(), 0);
  await page.getByRole("radio", { name: /A model of your provider/ }).check();
  await cache.check();
  await browser.shoot(page, "switched-on");
  await deploy(page);

  assert.deepEqual([(await ask()).response, (await ask()).response], [ANSWER, ANSWER]);
  assert.equal(model.asked.length, 1);
  await page.goto(`${server.url}/analytics`);
  const tile = page.getByTestId("tile").filter({ hasText: "Response cache" });
  await tile.getByText(/^50\s%$/).waitFor();
  await browser.shoot(page, "counted");

  await page.goto(`${server.url}/bots/${bot}/build`);
  await cache.uncheck();
  await deploy(page);
  await ask();
  await ask();
  assert.equal(model.asked.length, 3);
  assertNoComplaints(browser);
});

async function deploy(page) {
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  const dialog = page.getByRole("dialog");
  // The dialog closes before it is done.
  const deployed = page.waitForResponse((response) => response.url().endsWith("/deploy") && response.ok());
  await dialog.getByRole("button", { name: "Deploy changes" }).click();
  await deployed;
}
