// A bot for one site and for the visitors whom it vouches for: set up in the dashboard, used on the site, refused
// elsewhere.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { startSite } from "./site.mjs";

// What the site's own server does for whoever is signed in there.
function sign(secret, claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ exp: Math.floor(Date.now() / 1000) + 300, ...claims })}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

test("a bot is kept to its site and to the visitors it vouches for", async (t) => {
  const server = await startServer(t, "visitors");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const embedCode = `<script async src="${server.url}/widget.js" data-bot="${bot}"></script>`;
  const shop = await startSite(t, server.url, embedCode);
  const elsewhere = await startSite(t, server.url, embedCode);

  const browser = await openBrowser(t, "visitors");
  const page = await browser.newPage();
  await page.goto(`${server.url}/bots/${bot}`);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Edit" }).click();

  const access = page.getByRole("region", { name: "Access" });
  await access.getByRole("button", { name: "Add a domain" }).click();
  const domain = access.getByLabel("Domain 1", { exact: true });
  await domain.fill("https://shop.example/cart");
  await domain.blur();
  await access.getByText("Enter a domain such as").waitFor();
  await domain.fill(new URL(shop).host);
  await access.getByText("Enter a domain such as").waitFor({ state: "detached" });
  await access.getByLabel("Verified visitors only").check();
  await page.getByText(/Draft · saved/i).waitFor();
  await access.scrollIntoViewIfNeeded();
  await browser.shoot(page, "access");
  await page.getByRole("button", { name: "Deploy" }).click();
  await page.getByRole("button", { name: "Deploy changes" }).click();
  await page.getByRole("heading", { name: "On your site" }).waitFor();

  await page.goto(`${server.url}/bots/${bot}`);
  const section = page.getByRole("region", { name: "Verified visitors" });
  await section.getByText("it talks to nobody").waitFor();
  await section.getByRole("button", { name: "Make a secret" }).click();
  const dialog = page.getByRole("dialog", { name: "The secret" });
  const secret = (await dialog.getByLabel("secret").innerText()).trim();
  await browser.shoot(page, "secret");
  await dialog.getByRole("button", { name: "Done" }).click();
  await section.getByText(`Ends in ${secret.slice(-4)}`).waitFor();
  await section.getByText("it talks to nobody").waitFor({ state: "detached" });
  await section.scrollIntoViewIfNeeded();
  await browser.shoot(page, "secrets");

  // On its site, before the visitor has signed in there.
  const visitor = await browser.newPage();
  await visitor.goto(shop);
  await visitor.getByRole("button", { name: "Chat" }).click();
  const chat = visitor.frameLocator("iframe");
  await chat.getByText("Sign in on this site to chat.").waitFor();
  const box = chat.getByLabel("Ask a question…");
  await box.fill("How long is the warranty of the Aurora K2?");
  await box.press("Enter");
  await chat.getByRole("button", { name: "Try again" }).waitFor();
  await browser.shoot(visitor, "signed-out");
  browser.complaints.length = 0; // The 401 that the browser tells of.

  // The page names its visitor: what was asked is sent.
  const carol = sign(secret, { sub: "carol-7", name: "Carol Kettle" });
  await visitor.evaluate((token) => window.Botwright("identify", { token }), carol);
  await chat.getByRole("button", { name: /^Source 1/ }).first().waitFor();
  await browser.shoot(visitor, "signed-in");

  // After a reload the conversation is theirs again, but only once the page has named them.
  await visitor.reload();
  await visitor.getByRole("button", { name: "Chat" }).click();
  await chat.getByText("Sign in on this site to chat.").waitFor();
  assert.equal(await chat.getByText("How long is the warranty of the Aurora K2?").count(), 0);
  browser.complaints.length = 0;
  await visitor.evaluate((token) => window.Botwright("identify", { token }), carol);
  await chat.getByText("How long is the warranty of the Aurora K2?").waitFor();
  assert.equal(await chat.getByText("Sign in on this site to chat.").isVisible(), false);

  await page.goto(`${server.url}/conversations`);
  await page.getByText("Carol Kettle").waitFor();
  await browser.shoot(page, "conversations");
  assertNoComplaints(browser);

  // Another site gets no chat, whatever it says.
  const stranger = await browser.newPage();
  const refused = stranger.waitForEvent("console", (message) => message.text().includes("not meant for this site"));
  await stranger.goto(elsewhere);
  await refused;
  await stranger.getByRole("button", { name: "Chat" }).waitFor({ state: "detached" });
});
