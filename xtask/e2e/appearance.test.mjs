// How the widget looks, what it says by itself and in which languages: set up in the builder, seen at once in the preview, and
// on a site after the deploy.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { startSite } from "./site.mjs";

const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
// A picture of one blue pixel; the builder makes a small square of it.
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

test("the look is set up, previewed and seen", async (t) => {
  const server = await startServer(t, "appearance");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const site = await startSite(t, server.url, `<script async src="${server.url}/widget.js" data-bot="${bot}"></script>`);
  const browser = await openBrowser(t, "appearance");
  const page = await browser.newPage();
  await page.goto(`${server.url}/bots/${bot}`);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Edit" }).click();

  // The contrast is told as colours change.
  const look = page.getByRole("region", { name: "Appearance" });
  const contrast = look.getByRole("status", { name: "Contrast" });
  await contrast.getByText("Light: text on the accent has 6.3:1").waitFor();
  const accent = look.getByLabel("Accent colour", { exact: true });
  await accent.fill("#ffe08a");
  await contrast.getByText("Light: as text the accent has").waitFor();
  await contrast.getByText("Light: bubbles and buttons have").waitFor();
  await look.scrollIntoViewIfNeeded();
  await browser.shoot(page, "pale");
  await accent.fill("#0a7d3");
  await accent.blur();
  await look.getByText("Use a colour such as #4f46e5.").waitFor();
  await accent.fill("#0a7d33");
  await look.getByLabel("Background in the dark", { exact: true }).fill("#102030");
  await look.getByLabel("Size").selectOption("large");
  await look.getByLabel("Icon on the bubble").selectOption("headset");
  await look.getByLabel("Font").selectOption("serif");
  await look.getByLabel("Roundness of corners").fill("4");
  await look.getByLabel("Logo file").setInputFiles({ name: "logo.txt", mimeType: "text/plain", buffer: Buffer.from("no image") });
  await look.getByText("This file can't be read as an image.").waitFor();
  await look.getByLabel("Logo file").setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: PNG });
  await look.getByAltText("The logo").waitFor();
  await look.getByLabel("“Powered by Botwright”").uncheck();
  await look.getByTestId("preview-dark").scrollIntoViewIfNeeded();
  await browser.shoot(page, "look");
  assert.equal(await look.getByTestId("preview-light").getByText("Powered by Botwright").count(), 0);

  const languages = page.getByRole("region", { name: "Languages" });
  await languages.getByRole("button", { name: "Add a language" }).click();
  const german = languages.getByRole("group");
  await german.getByLabel("Language", { exact: true }).selectOption("de");
  await german.getByLabel("Greeting").fill("Guten Tag! Was möchten Sie wissen?");
  await german.getByLabel("Suggested questions").fill("Wie lange gilt die Garantie?");
  const messages = page.getByRole("region", { name: "Messages by itself" });
  await messages.getByText("None yet").waitFor();
  await messages.getByRole("button", { name: "Add a message" }).click();
  await messages.getByLabel("What it says").fill("Tea time?");
  await messages.getByLabel("Seconds").fill("700");
  await messages.getByLabel("Seconds").blur();
  await messages.getByText("Use 0 to 600 seconds.").waitFor();
  await messages.getByLabel("Seconds").fill("0");
  await messages.getByLabel("On pages").fill("/tea/*");
  await messages.scrollIntoViewIfNeeded();
  await browser.shoot(page, "messages");
  await page.getByText(/Draft · saved/i).waitFor();
  await page.setViewportSize({ width: 375, height: 800 });
  for (const [name, region] of Object.entries({ look, languages, messages })) {
    await region.scrollIntoViewIfNeeded();
    await browser.shoot(page, `phone-${name}`);
  }
  assert.equal(await overflows(page), false);
  await page.setViewportSize({ width: 1280, height: 860 });

  // What stands in the way of a deploy leads to its field.
  const corners = look.getByLabel("Roundness of corners");
  await corners.fill("99");
  await page.getByRole("button", { name: "Deploy" }).click();
  await page.getByRole("alert").getByRole("button", { name: "Appearance · Roundness of corners" }).click();
  assert.equal(await corners.evaluate((field) => field === document.activeElement), true);
  await browser.shoot(page, "refused");
  await corners.fill("4");

  // What changes is told in the words of the form.
  await page.getByRole("button", { name: "Deploy" }).click();
  const changed = async (name) => (await page.getByTestId("change").filter({ has: page.getByText(name, { exact: true }) }).innerText()).split("\n").filter(Boolean);
  await page.getByRole("dialog").getByText("Appearance · Font").waitFor();
  assert.deepEqual(await changed("Appearance · Font"), ["Appearance · Font", "Live now", "The system's own", "In the draft", "With serifs"]);
  assert.deepEqual((await changed("Appearance · Size")).at(-1), "Large");
  assert.deepEqual((await changed("Appearance · Logo")).at(-1), "An image");
  assert.deepEqual((await changed("Messages by itself")).at(-1), "Tea time? · /tea/* · Seconds: 0 · After some time on the page");
  await browser.shoot(page, "changes");
  await page.getByRole("button", { name: "Deploy changes" }).click();
  await page.getByRole("heading", { name: "On your site" }).waitFor();
  await page.getByText('data-size="large"').first().waitFor();

  // The tag on the site is the old one: the bubble learns of the rest by itself.
  const visitor = await browser.newPage({ locale: "de-AT", colorScheme: "dark" });
  await visitor.goto(`${site}tea/green`);
  const widget = visitor.locator("botwright-widget");
  await widget.getByRole("status").getByText("Tea time?").waitFor();
  await browser.shoot(visitor, "bubble");
  assert.equal((await widget.getByRole("button", { name: "Chat" }).boundingBox()).width, 64);
  await widget.getByRole("button", { name: "Chat" }).click();
  const chat = visitor.frameLocator("botwright-widget iframe");
  await chat.getByText("Guten Tag! Was möchten Sie wissen?").waitFor();
  await chat.getByRole("button", { name: "Wie lange gilt die Garantie?" }).waitFor();
  const seen = await chat.locator("html").evaluate((root) => ({
    surface: getComputedStyle(document.body).backgroundColor,
    font: getComputedStyle(root).fontFamily,
    logo: document.querySelector('[data-part="logo"]').naturalWidth,
    powered: document.querySelector('[data-part="powered"]').checkVisibility(),
    lang: root.lang,
  }));
  assert.deepEqual(seen, { surface: "rgb(16, 32, 48)", font: "ui-serif, Georgia, Cambria, serif", logo: 96, powered: false, lang: "de" });
  await browser.shoot(visitor, "chat");
  await versions(page, browser, server.url, bot);
  assertNoComplaints(browser);
});

// Back to an earlier version, on to a later one, and off the site; a draft in which nothing was done is no draft in progress.
async function versions(page, browser, url, bot) {
  await page.goto(`${url}/bots/${bot}`);
  const version = (number) => page.getByRole("listitem").filter({ hasText: `Version ${number}` });
  await version(1).getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await version(2).getByRole("button", { name: "Make live" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make live" }).click();
  await version(1).getByRole("button", { name: "Roll back" }).waitFor();
  await page.getByRole("button", { name: "Take it down" }).click();
  const asked = page.getByRole("dialog", { name: "Take Handbook bot down?" });
  await browser.shoot(page, "take-down");
  await asked.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("It answers visitors.").waitFor();
  await page.getByRole("button", { name: "Take it down" }).click();
  await asked.getByRole("button", { name: "Take it down" }).click();
  await page.getByRole("button", { name: "Put it up again" }).click();
  await page.getByText("It answers visitors.").waitFor();

  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByTestId("change-count").getByText("0 changes").waitFor();
  await page.getByRole("button", { name: "Deploy" }).click();
  await page.getByText("The draft is the same as the version that is live.").waitFor();
  assert.ok(await page.getByRole("button", { name: "Deploy changes" }).isDisabled());
  await page.goto(`${url}/bots`);
  await page.getByRole("link", { name: "Handbook bot" }).waitFor();
  assert.equal(await page.getByRole("heading", { name: "Drafts in progress" }).count(), 0);
}
