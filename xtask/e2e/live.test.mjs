// The dashboard is told what happens: nothing is asked for twice, and what is done by mistake is undone by one press.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

const FORM = {
  enabled: true,
  timing: { when: "on_intent" },
  title: "How can we reach you?",
  fields: [{ key: "email", label: "E-mail", kind: "email", required: true }],
};

async function signIn(page, url) {
  await page.goto(url);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
}

async function post(url, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(response.ok, await response.text());
}

test("pages change by themselves, and what was done is undone", async (t) => {
  const server = await startServer(t, "live");
  const call = await signUp(server.url);
  const browser = await openBrowser(t, "live");
  const page = await browser.newPage();
  await signIn(page, server.url);
  await page.getByRole("heading", { name: "Your first bot in two minutes" }).waitFor();

  // A bot that somebody else deploys, and the draft that it is made of.
  const bot = await deployBot(call, "aurora-k2-guide.pdf", { lead_form: FORM });
  await page.getByRole("list", { name: "Bots" }).getByText("Handbook bot").waitFor();
  await browser.shoot(page, "deployed");
  await call("PUT", `/bots/${bot}/status`, { status: "offline" });
  await page.getByText("Offline", { exact: true }).waitFor();
  await call("PUT", `/bots/${bot}/status`, { status: "live" });
  await page.getByText("Live", { exact: true }).waitFor();

  // Documents as they are read: told by the worker, not asked for every second.
  await page.goto(`${server.url}/knowledge`);
  const asked = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname === "/api/v1/kb") asked.push(pathname);
  });
  await page.getByRole("link", { name: "Handbook" }).waitFor();
  const draft = await call("POST", "/kb/draft", {});
  await call("PUT", `/kb/draft/${draft.id}`, { version: draft.version, name: "Second", description: "", chunking: {} });
  const sources = [{ kind: "text", title: "Note", text: "The lid is red." }];
  await call("PUT", `/kb/draft/${draft.id}/sources`, { sources });
  await page.getByRole("region", { name: "Drafts in progress" }).getByText("Second").waitFor();
  await call("POST", `/kb/draft/${draft.id}/finalize`);
  await page.locator('a[title="Second"]').waitFor();
  await page.getByRole("region", { name: "Drafts in progress" }).waitFor({ state: "detached" });
  await page.getByText(/1 document/).nth(1).waitFor();
  t.diagnostic(`the list of knowledge bases was read ${asked.length} times`);
  await browser.shoot(page, "knowledge");

  // A lead comes in, is marked by mistake, and is as it was.
  await page.goto(`${server.url}/leads`);
  await page.getByRole("heading", { name: "No leads yet" }).waitFor();
  await post(`${server.url}/api/v1/bots/${bot}/leads`, { answers: { email: "ada@shop.example" }, consent: true });
  await page.getByRole("link", { name: "ada@shop.example" }).click();
  const status = page.getByLabel("How far you are");
  await status.selectOption({ label: "Won" });
  await page.getByText("Saved as won.").waitFor();
  await browser.shoot(page, "undo");
  const undo = page.getByRole("button", { name: "Undo" });
  await undo.focus();
  await page.keyboard.press("Enter");
  await page.getByText("Undone.").waitFor();
  assert.equal(await status.inputValue(), "new");
  // When the server refuses, the page shows what is true, and why.
  await page.route("**/api/v1/leads/*", (route) =>
    route.request().method() === "PUT" ? route.fulfill({ status: 500, body: "" }) : route.continue(),
  );
  await status.selectOption({ label: "Lost" });
  await page.getByRole("status").getByText("can't be understood (HTTP 500)").waitFor();
  assert.equal(await status.inputValue(), "new");
  await page.unroute("**/api/v1/leads/*");

  // A question that the bot can't answer is listed as it comes, dismissed, and brought back.
  await page.goto(`${server.url}/conversations/gaps`);
  await page.getByRole("heading", { name: "No gaps" }).waitFor();
  const question = "Which colour does the moon of Kepler have?";
  await post(`${server.url}/api/v1/bots/${bot}/chat`, { message: question });
  const gap = page.getByTestId("gap").filter({ hasText: question });
  await gap.waitFor();
  await gap.getByRole("button", { name: "Dismiss" }).click();
  await gap.waitFor({ state: "detached" });
  await page.getByText("Dismissed.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await gap.waitFor();
  await browser.shoot(page, "brought-back");

  // The offer goes away by itself, but not while somebody is at it.
  await page.clock.install();
  // The clock's own numbers of timers are larger than those of any browser, and than an `i32`.
  await page.addInitScript(() => {
    const numbers = [];
    const { setTimeout, clearTimeout } = window;
    window.setTimeout = (...call) => numbers.push(setTimeout(...call));
    window.clearTimeout = (number) => clearTimeout(numbers[number - 1]);
  });
  await page.goto(`${server.url}/conversations/gaps`);
  await gap.getByRole("button", { name: "Dismiss" }).click();
  const offer = page.getByRole("button", { name: "Undo" });
  await offer.hover();
  await page.clock.runFor(60_000);
  assert.ok(await offer.isVisible());
  await page.mouse.move(0, 0);
  await page.clock.runFor(10_000);
  await offer.waitFor({ state: "detached" });
  complaints500(browser);
  assertNoComplaints(browser);
});

// The refusal above was ours.
function complaints500(browser) {
  const kept = browser.complaints.filter((text) => !text.includes("500"));
  browser.complaints.splice(0, browser.complaints.length, ...kept);
}
