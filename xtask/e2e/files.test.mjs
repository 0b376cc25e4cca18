// A visitor sends files: chosen by the button, dropped, pasted; what fails is tried again and the words stay. The bot answers
// from a document, the team sees and saves what came, at once and after a reload. On a desk, then on a phone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { startSite } from "./site.mjs";

const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

const NOTES = "The shop opens at nine. Bicycles are repaired in Porto by Maria.";
const text = (name, content = NOTES) => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) });

// A picture with something on it.
const picture = (page) =>
  page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 200 });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#0a7d5a";
    pen.fillRect(0, 0, 320, 200);
    pen.fillStyle = "#ffd24a";
    pen.arc(160, 100, 60, 0, 7);
    pen.fill();
    return canvas.toDataURL("image/png").split(",")[1];
  });

// Files as if they were dropped or pasted.
const hand = (frame, selector, type, name, base64) =>
  frame.locator(selector).evaluate(
    (element, [type, name, base64]) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], name, { type: "image/png" }));
      const event =
        type === "paste"
          ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
          : new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
      element.dispatchEvent(event);
    },
    [type, name, base64],
  );

test("files of a visitor reach the bot and the team", async (t) => {
  const server = await startServer(t, "files");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf", { hand_off: { enabled: true } });
  const browser = await openBrowser(t, "files");
  const page = await browser.newPage({ acceptDownloads: true });
  await page.goto(`${server.url}/bots/${bot}`);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();

  // Off by default: the chat has no such button. Then it is switched on, and the change is told before it goes live.
  const embedCode = `<script async src="${server.url}/widget.js" data-bot="${bot}"></script>`;
  const shop = await startSite(t, server.url, embedCode);
  const early = await browser.newPage({ viewport: { width: 900, height: 800 } });
  await early.goto(shop);
  await early.getByRole("button", { name: "Chat" }).click();
  await early.frameLocator("iframe").getByRole("button", { name: "Talk to a person" }).waitFor();
  assert.equal(await early.frameLocator("iframe").getByRole("button", { name: "Attach files" }).count(), 0);

  await page.getByRole("button", { name: "Edit" }).click();
  const section = page.getByRole("region", { name: "Files" });
  await section.getByLabel("Visitors may send files").check();
  await section.getByLabel("Said of a file").fill("We have your file.");
  await page.getByText(/Draft · saved/i).waitFor();
  await section.scrollIntoViewIfNeeded();
  await browser.shoot(page, "builder");
  await page.getByRole("button", { name: "Deploy" }).click();
  await page.getByTestId("change").getByText("Files · Visitors may send files").waitFor();
  await browser.shoot(page, "changes");
  await page.getByRole("button", { name: "Deploy changes" }).click();
  await page.getByRole("heading", { name: "On your site" }).waitFor();

  // By the button, with the keyboard.
  const visitor = await browser.newPage({ viewport: { width: 900, height: 800 } });
  await visitor.goto(shop);
  await visitor.getByRole("button", { name: "Chat" }).click();
  const chat = visitor.frameLocator("iframe");
  const attach = chat.getByRole("button", { name: "Attach files" });
  await attach.waitFor();
  const box = chat.getByLabel("Ask a question…");
  const send = chat.getByRole("button", { name: "Send", exact: true });
  assert.ok(await send.isDisabled());
  const choose = async (files) => {
    const opening = visitor.waitForEvent("filechooser");
    await attach.press("Enter");
    await (await opening).setFiles(files);
  };
  await choose([text("porto.txt")]);
  const chips = chat.getByRole("list", { name: "Files" });
  const chip = (name) => chips.getByRole("listitem").filter({ hasText: name });
  await chip("porto.txt").waitFor();
  await chat.getByRole("status").getByText("porto.txt attached").waitFor({ state: "attached" });
  await box.fill("Who repairs bicycles?");

  // Dropped, and pasted.
  const base64 = await picture(visitor);
  await hand(chat, '[data-part="scroll"]', "dragover", "dropped.png", base64);
  await browser.shoot(visitor, "dropping");
  await hand(chat, '[data-part="scroll"]', "drop", "dropped.png", base64);
  await chip("dropped.png").locator("img").waitFor();
  await hand(chat, '[data-part="input"]', "paste", "pasted.png", base64);
  await chip("pasted.png").locator("img").waitFor();
  await browser.shoot(visitor, "chips");

  // One that is no file of a kind that is taken, one that fails and is tried again; the words stay.
  await choose([{ name: "page.html", mimeType: "text/html", buffer: Buffer.from("<html><p>Hi</p></html>") }]);
  await chip("page.html").getByText("Files of this kind are not taken.").waitFor();
  await choose([text("fifth.txt")]);
  await chat.getByText("Up to 4 files with one message.").first().waitFor();
  await chat.getByRole("button", { name: "Remove: page.html" }).click();
  await chip("page.html").waitFor({ state: "detached" });
  await visitor.route("**/uploads*", (route) => route.abort());
  await choose([text("later.txt", "Later.")]);
  await chip("later.txt").getByText("Not sent.").waitFor();
  await browser.shoot(visitor, "failed");
  assert.equal(await box.inputValue(), "Who repairs bicycles?");
  await visitor.unroute("**/uploads*");
  await chat.getByRole("button", { name: "Try again: later.txt" }).click();
  await chat.getByRole("status").getByText("later.txt attached").waitFor({ state: "attached" });
  await chat.getByRole("button", { name: "Remove: pasted.png" }).click();
  browser.complaints.length = 0; // The 422 and the broken connection that the browser tells of.

  // What went up is still there after a reload, and so are the words.
  await visitor.reload();
  await visitor.getByRole("button", { name: "Chat" }).click();
  await chip("later.txt").waitFor();
  assert.equal(await box.inputValue(), "Who repairs bicycles?");
  await chat.getByRole("button", { name: "Remove: later.txt" }).click();
  await send.click();
  const question = chat.locator(".question").last();
  await question.getByText("porto.txt").waitFor();
  await question.getByText("dropped.png").waitFor();
  await chat.getByText("Bicycles are repaired in Porto by Maria.").first().waitFor();
  assert.equal(await chip("porto.txt").count(), 1, "only in the conversation");
  assert.ok(await send.isDisabled());
  await browser.shoot(visitor, "answered");

  // A picture without a word.
  await hand(chat, '[data-part="input"]', "paste", "alone.png", base64);
  await chat.getByRole("status").getByText("alone.png attached").waitFor({ state: "attached" });
  await send.click();
  await chat.getByText("We have your file.").first().waitFor();
  await browser.shoot(visitor, "picture-alone");

  // The team: in the transcript, then live in the inbox.
  await page.getByRole("link", { name: "Inbox" }).first().click();
  await page.getByText("Live", { exact: true }).waitFor();
  await chat.getByRole("button", { name: "Talk to a person" }).click();
  await page.getByRole("list", { name: "Conversations" }).getByRole("link").first().click();
  const thread = page.getByRole("log");
  await thread.getByTestId("attachment").nth(2).waitFor();
  await thread.getByRole("img", { name: "Picture of the visitor: alone.png" }).waitFor();
  await hand(chat, '[data-part="input"]', "paste", "live.png", base64);
  await chat.getByRole("status").getByText("live.png attached").waitFor({ state: "attached" });
  await box.fill("Here it is.");
  await send.click();
  await thread.getByRole("img", { name: "Picture of the visitor: live.png" }).waitFor();
  await browser.shoot(page, "inbox");
  const saving = page.waitForEvent("download");
  await thread.getByRole("button", { name: "Save porto.txt" }).click();
  assert.equal((await saving).suggestedFilename(), "porto.txt");
  await page.reload();
  await thread.getByRole("img", { name: "Picture of the visitor: live.png" }).waitFor();
  const id = page.url().split("/").pop();
  await page.goto(`${server.url}/conversations/${id}`);
  await page.getByTestId("attachment").nth(3).waitFor();
  await page.getByRole("img", { name: "Picture of the visitor: live.png" }).waitFor();
  await browser.shoot(page, "transcript");

  // On a phone, in the dark.
  const phone = await browser.newPage({ viewport: { width: 375, height: 700 }, colorScheme: "dark", hasTouch: true });
  await phone.goto(shop);
  await phone.getByRole("button", { name: "Chat" }).click();
  const small = phone.frameLocator("iframe");
  await small.getByRole("button", { name: "Attach files" }).waitFor();
  const opening = phone.waitForEvent("filechooser");
  await small.getByRole("button", { name: "Attach files" }).click();
  await (await opening).setFiles([text(`${"long-name-".repeat(8)}.txt`), text("b.txt"), text("c.txt")]);
  await small.getByRole("list", { name: "Files" }).getByRole("listitem").nth(2).waitFor();
  await browser.shoot(phone, "phone");
  assert.equal(await small.locator("html").evaluate((root) => root.scrollWidth > window.innerWidth), false);
  await page.setViewportSize({ width: 375, height: 700 });
  await page.goto(`${server.url}/inbox/${id}`);
  await thread.getByRole("img", { name: "Picture of the visitor: live.png" }).waitFor();
  assert.equal(await overflows(page), false);
  await browser.shoot(page, "phone-inbox");
  assertNoComplaints(browser);
});
