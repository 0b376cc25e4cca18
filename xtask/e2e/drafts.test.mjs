// What is typed into the builder is not lost: an input method composes, the network goes, the session ends, the draft expires,
// two tabs edit the same one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signIn } from "./api.mjs";
import { openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";

const ACCOUNT = ["ada@example.com", "correct horse battery"];

// A server, a browser, and a page with the builder of a new draft in it.
async function start(t, name) {
  const server = await startServer(t, name);
  const browser = await openBrowser(t, name);
  const page = await browser.newPage();
  await signUp(page, server.url);
  const call = await signIn(server.url, ...ACCOUNT);
  const draft = await call("POST", "/chatbots/draft", {});
  await page.goto(`${server.url}/bots/draft/${draft.id}`);
  const greeting = page.getByLabel("Greeting");
  await greeting.waitFor();
  const saved = async () => (await call("GET", `/chatbots/draft/${draft.id}`)).content.greeting;
  return { server, browser, page, call, draft, greeting, saved };
}

const isSaved = (page) => page.getByText(/Draft · saved/).waitFor();

test("Enter that ends a composition sends nothing", async (t) => {
  const { browser, page } = await start(t, "drafts-compose");
  const chat = page.getByRole("region", { name: "Test the draft" });
  const message = chat.getByLabel("Message", { exact: true });
  await message.focus();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Input.imeSetComposition", { text: "ほしょう", selectionStart: 4, selectionEnd: 4 });
  await message.dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true });
  await devtools.send("Input.insertText", { text: "保証" });
  assert.equal(await message.inputValue(), "保証");
  assert.equal(await chat.getByTestId("question").count(), 0);
  // A line break is no message either.
  await message.press("Shift+Enter");
  await message.pressSequentially("2");
  assert.equal(await message.inputValue(), "保証\n2");
  await message.press("Enter");
  await chat.getByTestId("question").filter({ hasText: "保証" }).waitFor();
  assert.equal(await message.inputValue(), "");
  await browser.shoot(page, "sent");
});

test("what is typed offline is saved once the network is back", async (t) => {
  const { browser, page, greeting, saved } = await start(t, "drafts-offline");
  await page.context().setOffline(true);
  await greeting.fill("Typed offline");
  await page.getByText(/Draft · not saved — retrying/).waitFor();
  await browser.shoot(page, "offline");
  await greeting.fill("Typed offline, and more");
  await page.context().setOffline(false);
  await isSaved(page);
  assert.equal(await saved(), "Typed offline, and more");
});

test("a session that ends in the middle of an edit asks for the password and goes on", async (t) => {
  const { server, browser, page, call, greeting } = await start(t, "drafts-session");
  // Signed out from elsewhere.
  const sessions = await call("GET", "/auth/sessions");
  const others = sessions.filter((session) => !session.is_current);
  assert.equal(others.length, 1);
  await call("DELETE", `/auth/sessions/${others[0].id}`);
  await greeting.fill("Typed after the end");
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.waitFor();
  await browser.shoot(page, "ended");
  assert.equal(await greeting.inputValue(), "Typed after the end");
  await dialog.getByLabel("Password", { exact: true }).fill(ACCOUNT[1]);
  await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
  await isSaved(page);
  const again = await signIn(server.url, ...ACCOUNT);
  const id = new URL(page.url()).pathname.split("/").at(-1);
  assert.equal((await again("GET", `/chatbots/draft/${id}`)).content.greeting, "Typed after the end");
});

test("of a draft that expired a new one is made, with what was typed", async (t) => {
  const { browser, page, call, draft, greeting } = await start(t, "drafts-expired");
  await greeting.fill("Kept");
  await isSaved(page);
  // Gone, as after a day.
  await call("DELETE", `/chatbots/draft/${draft.id}`);
  await greeting.fill("Kept, though the draft is gone");
  await page.getByText("This draft has expired or was deleted. What you see is kept on this page.").waitFor();
  await browser.shoot(page, "expired");
  await page.getByRole("button", { name: "Make a new draft of it" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith(draft.id));
  assert.equal(await page.getByLabel("Greeting").inputValue(), "Kept, though the draft is gone");
  const id = new URL(page.url()).pathname.split("/").at(-1);
  assert.equal((await call("GET", `/chatbots/draft/${id}`)).content.greeting, "Kept, though the draft is gone");
});

test("of two tabs that edit one draft the later asks whose words stay", async (t) => {
  const { browser, page, greeting, saved } = await start(t, "drafts-tabs");
  const other = await page.context().newPage();
  await other.goto(page.url());
  const put = other.waitForResponse((response) => response.request().method() === "PUT" && response.ok());
  await other.getByLabel("Greeting").fill("From the other tab");
  await put;
  assert.equal(await saved(), "From the other tab");

  await greeting.fill("From the first tab");
  const asks = page.getByRole("dialog", { name: "This draft was changed elsewhere" });
  await asks.waitFor();
  await asks.getByText("Greeting").waitFor();
  await browser.shoot(page, "asks");
  assert.equal(await saved(), "From the other tab", "nothing is overwritten before somebody chose");
  await asks.getByRole("button", { name: "Keep mine" }).click();
  await asks.waitFor({ state: "hidden" });
  await isSaved(page);
  assert.equal(await saved(), "From the first tab");

  // The other way round.
  await other.getByLabel("Greeting").fill("Too late");
  const asksThere = other.getByRole("dialog", { name: "This draft was changed elsewhere" });
  await asksThere.getByRole("button", { name: "Take theirs" }).click();
  await asksThere.waitFor({ state: "hidden" });
  assert.equal(await other.getByLabel("Greeting").inputValue(), "From the first tab");
});
