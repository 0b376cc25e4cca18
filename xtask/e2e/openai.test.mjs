// Deployed bots through the official OpenAI clients.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

import OpenAI from "openai";

import { deployBot, signUp } from "./api.mjs";
import { startServer } from "./server.mjs";

const QUESTION = "How long is the warranty of the Aurora K2?";
const FACT = /37 months/;

test("official OpenAI clients", async (t) => {
  const server = await startServer(t, "openai");
  const call = await signUp(server.url);
  const model = await deployBot(call, "aurora-k2-guide.pdf");
  const { key } = await call("POST", "/api-keys", { name: "clients", scopes: ["chat"] });
  const baseURL = `${server.url}/v1`;
  const messages = [{ role: "user", content: QUESTION }];

  await t.test("Node: one answer", async () => {
    const client = new OpenAI({ baseURL, apiKey: key });
    const completion = await client.chat.completions.create({ model, messages });
    assert.match(completion.choices[0].message.content, FACT);
    assert.equal(completion.choices[0].finish_reason, "stop");
  });

  await t.test("Node: a stream", async () => {
    const client = new OpenAI({ baseURL, apiKey: key });
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    let text = "";
    let pieces = 0;
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta?.content;
      if (!piece) continue;
      text += piece;
      pieces += 1;
    }
    assert.match(text, FACT);
    assert.ok(pieces > 1, "it came in one piece");
  });

  await t.test("Node: a list of bots", async () => {
    const client = new OpenAI({ baseURL, apiKey: key });
    const ids = [];
    for await (const { id } of client.models.list()) ids.push(id);
    assert.deepEqual(ids, [model]);
  });

  await t.test("Node: errors are the client's own", async () => {
    const stranger = new OpenAI({ baseURL, apiKey: "bw_wrong", maxRetries: 0 });
    await assert.rejects(stranger.chat.completions.create({ model, messages }), OpenAI.AuthenticationError);
    const client = new OpenAI({ baseURL, apiKey: key, maxRetries: 0 });
    const unknown = "00000000-0000-4000-8000-000000000000";
    await assert.rejects(client.chat.completions.create({ model: unknown, messages }), OpenAI.NotFoundError);
    await assert.rejects(client.chat.completions.create({ model, messages: [] }), OpenAI.BadRequestError);
  });

  await t.test("Python: one answer, a stream, and errors", async () => {
    const script = new URL("openai_client.py", import.meta.url).pathname;
    const run = promisify(execFile);
    const { stdout } = await run(process.env.BOTWRIGHT_E2E_PYTHON, [script, baseURL, key, model, QUESTION]);
    const result = JSON.parse(stdout);
    assert.match(result.answer, FACT);
    assert.match(result.streamed, FACT);
    assert.ok(result.pieces > 1, "it came in one piece");
    assert.equal(result.wrong_key, "AuthenticationError");
    assert.equal(result.unknown_model, "NotFoundError");
  });
});
