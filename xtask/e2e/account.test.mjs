// A person and their account: confirming the address, a forgotten password, two-step sign-in, sessions.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { signUp } from "./sign_up.mjs";

const EMAIL = "ada@example.com";
const OLD = "correct horse battery";
const NEW = "gravel tuba lemonade";

test("a person looks after their account", async (t) => {
  const server = await startServer(t, "account");
  const browser = await openBrowser(t, "account");
  const page = await browser.newPage({ permissions: ["clipboard-read", "clipboard-write"] });
  await signUp(page, server.url);
  await confirmAddress(page, browser, server.url);
  await refuseWeakPassword(page, browser);
  await forgetPassword(page, browser, server.url);
  const secret = await turnTwoStepOn(page, browser, server.url);
  await signInWithCode(page, browser, secret);
  await lookAtSessions(page, browser, server.url);
  // Refusals that are provoked here are no complaints.
  const complaints = browser.complaints.filter((text) => !/status of (401|422)/.test(text));
  assertNoComplaints({ complaints });
});

// The link of the newest mail with this subject.
async function openMail(page, url, subject) {
  await page.goto(`${url}/outbox`);
  const mail = page.getByRole("article").filter({ hasText: subject }).first();
  // Some mails are written by a job.
  while ((await mail.count()) === 0) await page.reload();
  await mail.getByRole("link").click();
}

async function confirmAddress(page, browser, url) {
  const banner = page.getByRole("status").filter({ hasText: "Confirm your address" });
  await banner.getByRole("link", { name: "open the outbox" }).waitFor();
  await browser.shoot(page, "confirm-banner");
  await openMail(page, url, "Confirm your e-mail address");
  await page.getByText(`${EMAIL} is confirmed.`).waitFor();
  await browser.shoot(page, "confirmed");
  await page.getByRole("link", { name: "Go on to Botwright" }).click();
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
  await banner.waitFor({ state: "detached" });
}

async function refuseWeakPassword(page, browser) {
  await page.getByRole("button", { name: "Account", exact: true }).click();
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("heading", { name: "Account", exact: true }).waitFor();
  await page.getByRole("list", { name: "Devices" }).getByText("Chrome on Linux").waitFor();
  await browser.shoot(page, "account");
  await page.getByRole("button", { name: "Change password" }).click();
  const dialog = page.getByRole("dialog", { name: "Change your password" });
  await dialog.getByLabel("Current password").fill(OLD);
  // Its owner's name is seen before it is sent, what is easily guessed by the server.
  await dialog.getByLabel("New password").fill("my lovelace engine");
  await dialog.getByLabel("New password").press("Tab");
  await dialog.getByText("Leave your own name and e-mail address out of it").waitFor();
  await dialog.getByLabel("New password").fill("password123456");
  await dialog.getByRole("button", { name: "Change password" }).click();
  await dialog.getByText("a password that many people use").waitFor();
  await browser.shoot(page, "weak-password");
  await dialog.getByRole("button", { name: "Cancel" }).click();
}

async function forgetPassword(page, browser, url) {
  await page.getByRole("button", { name: "Account", exact: true }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  // The page that is left has a section of that name.
  await page.getByRole("textbox", { name: "E-mail address" }).fill(EMAIL);
  await page.getByRole("link", { name: "Forgot password?" }).click();
  // What was typed comes along.
  await page.waitForFunction((email) => document.querySelector("input[type=email]")?.value === email, EMAIL);
  await page.getByRole("button", { name: "Send me a link" }).click();
  await page.getByText("is on its way there").waitFor();
  await page.getByRole("link", { name: "open the outbox" }).waitFor();
  await browser.shoot(page, "forgot");
  await openMail(page, url, "Choose a new password");
  const link = page.url();
  await page.getByLabel("New password").fill(NEW);
  await browser.shoot(page, "reset");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("Your password was changed").waitFor();

  await page.goto("about:blank");
  await page.goto(link);
  await page.getByLabel("New password").fill("another kettle orchard");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("This link does not work").waitFor();
  await browser.shoot(page, "link-used");

  await page.goto(`${url}/sign-in`);
  await signIn(page, NEW);
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
}

async function signIn(page, password) {
  // A part of the account's page has this name, too, and is still there right after signing out.
  await page.getByRole("textbox", { name: "E-mail address" }).fill(EMAIL);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

// Answers the secret of the app.
async function turnTwoStepOn(page, browser, url) {
  await page.goto(`${url}/account`);
  await page.getByRole("button", { name: "Turn on" }).click();
  const dialog = page.getByRole("dialog", { name: "Turn two-step sign-in on" });
  await dialog.getByLabel("Your password").fill(NEW);
  await dialog.getByRole("button", { name: "Continue" }).click();
  await dialog.getByRole("img", { name: "QR code for your authenticator app" }).waitFor();
  await browser.shoot(page, "qr-code");
  await dialog.getByText("Can't scan it?").click();
  const secret = (await dialog.getByLabel("secret", { exact: true }).innerText()).trim();
  await dialog.getByLabel("Code", { exact: true }).fill(code(secret, 0));
  await dialog.getByRole("button", { name: "Turn on" }).click();
  await dialog.getByText("Keep these recovery codes").waitFor();
  const codes = (await dialog.getByLabel("recovery codes").innerText()).trim().split("\n");
  assert.equal(codes.length, 10);
  await browser.shoot(page, "recovery-codes");
  await dialog.getByRole("button", { name: "I have kept them" }).click();
  await page.getByText("10 recovery codes are left").waitFor();
  return secret;
}

async function signInWithCode(page, browser, secret) {
  await page.getByRole("button", { name: "Account", exact: true }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await signIn(page, NEW);
  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("This code is wrong").waitFor();
  await browser.shoot(page, "second-step");
  await page.getByLabel("Code", { exact: true }).fill(code(secret, 1));
  await page.getByLabel("Code", { exact: true }).press("Enter");
  await page.getByRole("region", { name: "Two-step sign-in" }).waitFor();
}

async function lookAtSessions(page, browser, url) {
  // The second device is a phone; there is a recovery code for it.
  const phone = await browser.newPage({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await page.getByRole("button", { name: "New recovery codes" }).click();
  const dialog = page.getByRole("dialog", { name: "Make new recovery codes" });
  await dialog.getByLabel("Your password").fill(NEW);
  await dialog.getByRole("button", { name: "Make new codes" }).click();
  const [recovery] = (await dialog.getByLabel("recovery codes").innerText()).trim().split("\n");
  await dialog.getByRole("button", { name: "I have kept them" }).click();

  await phone.goto(`${url}/sign-in?next=/account`);
  await signIn(phone, NEW);
  await phone.getByLabel("Code", { exact: true }).fill(recovery);
  await phone.getByRole("button", { name: "Sign in" }).click();
  await phone.getByText("9 recovery codes are left").waitFor();
  await browser.shoot(phone, "phone");
  await phone.getByRole("list", { name: "Devices" }).scrollIntoViewIfNeeded();
  await browser.shoot(phone, "phone-devices");

  await page.goto(`${url}/account`);
  const devices = page.getByTestId("session");
  await devices.nth(1).waitFor();
  await browser.shoot(page, "two-devices");
  await devices.filter({ hasNotText: "This device" }).first().getByRole("button").click();
  const ask = page.getByRole("dialog", { name: "End this session?" });
  await ask.getByRole("button", { name: "End session" }).click();
  await ask.waitFor({ state: "hidden" });

  // Its next click finds the session ended; what is on the page stays.
  await phone.getByLabel("Your name").fill("Countess");
  await phone.getByRole("button", { name: "Save name" }).click();
  await phone.getByRole("heading", { name: "Sign in again" }).waitFor();
  await browser.shoot(phone, "ended");

  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  const all = page.getByRole("dialog", { name: "Sign out everywhere?" });
  await all.getByRole("button", { name: "Sign out everywhere" }).click();
  await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
}

// What an authenticator app with this secret shows, so many steps from now.
function code(secret, steps) {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const offset = mac[19] & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
