// Botwright's own API, for tests that begin with a deployed bot.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

// Signs up and answers a function that calls the API as that user: `call(method, path, body)`.
export async function signUp(url) {
  const account = { email: "grace@example.com", password: "correct horse battery", name: "Grace Hopper" };
  const { access_token } = await request(url, "POST", "/auth/signup", account);
  return (method, path, body) => request(url, method, path, body, { Authorization: `Bearer ${access_token}` });
}

// The same for somebody who has an account.
export async function signIn(url, email, password) {
  const { access_token } = await request(url, "POST", "/auth/login", { email, password });
  return (method, path, body) => request(url, method, path, body, { Authorization: `Bearer ${access_token}` });
}

// Deploys a bot that knows one of the parser's fixtures, with these settings besides; answers its id.
export async function deployBot(call, document, settings = {}) {
  const draft = await call("POST", "/kb/draft", {});
  const bytes = readFileSync(new URL(`../../domain/tests/fixtures/${document}`, import.meta.url));
  const form = new FormData();
  form.append("file", new Blob([bytes]), document);
  const { version, content } = await call("PUT", `/kb/draft/${draft.id}/sources`, form);
  const { chunking } = content;
  await call("PUT", `/kb/draft/${draft.id}`, { version, name: "Handbook", description: "", chunking });
  const { knowledge_base_id } = await call("POST", `/kb/draft/${draft.id}/finalize`);
  await indexed(call, knowledge_base_id);

  const bot = await call("POST", "/chatbots/draft", {});
  await call("PUT", `/chatbots/draft/${bot.id}`, {
    version: bot.version,
    content: { ...bot.content, name: "Handbook bot", knowledge_base_ids: [knowledge_base_id], ...settings },
  });
  return (await call("POST", `/chatbots/draft/${bot.id}/deploy`)).bot_id;
}

// Looks every 100 ms until each document is indexed.
export async function indexed(call, id) {
  for (;;) {
    const { progress } = await call("GET", `/kb/${id}`);
    assert.equal(progress.failed, 0);
    if (progress.indexed === progress.total) return;
    await delay(100);
  }
}

async function request(url, method, path, body, headers = {}) {
  const isForm = body instanceof FormData;
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: body && !isForm ? { ...headers, "Content-Type": "application/json" } : headers,
    body: isForm ? body : JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}
