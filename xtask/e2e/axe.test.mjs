// What axe-core can tell of accessibility, in the widget and on the hosted page: on a desk and on a phone, in the light and in
// the dark, in English, Russian and Arabic, with everything shown that a visitor can meet.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { violations } from "./axe.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { startSite } from "./site.mjs";

// The page around is somebody else's: where the bubble stands in it is not ours to say.
const BUBBLE = "botwright-widget";
const SCREENS = [
  ["desktop", { width: 1280, height: 860 }],
  ["phone", { width: 375, height: 700 }],
];
const WORDS = {
  en: { ask: "Ask a question…", source: /^Source 1/, down: "Not helpful" },
  ru: { ask: "Задайте вопрос…", source: /^Источник 1/, down: "Не помогло" },
  ar: { ask: "اطرح سؤالاً…", source: /^المصدر 1/, down: "غير مفيد" },
};

test("axe-core finds nothing wrong with the widget", async (t) => {
  const server = await startServer(t, "axe");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf", {
    greeting: "Hello! See our [guide](https://a.example/guide), `code` and a table:\n\n| Model | Price |\n|---|---|\n| K2 | 89 |\n\n> Quoted\n\n```\nlong code\n```",
    suggested_questions: ["How long is the warranty of the Aurora K2?"],
    proactive: [{ message: "Can I help?", trigger: { when: "time", seconds: 0 }, page: "" }],
    lead_form: { enabled: true, timing: { when: "after_messages", count: 1 }, title: "How can we reach you?", fields: [{ key: "email", label: "E-mail", kind: "email", required: true }] },
  });
  const site = await startSite(t, server.url, `<script async src="${server.url}/widget.js" data-bot="${bot}"></script>`);
  const browser = await openBrowser(t, "axe");
  for (const [screen, viewport] of SCREENS) {
    for (const colorScheme of ["light", "dark"]) {
      for (const [locale, words] of Object.entries(WORDS)) {
        const name = `${screen}-${colorScheme}-${locale}`;
        const page = await browser.newPage({ viewport, colorScheme, locale });
        const complain = async (frame, state, scope) => {
          const found = await violations(frame, scope, { region: { enabled: scope !== BUBBLE } });
          assert.deepEqual(found, [], `${name}, ${state}`);
        };
        await page.goto(site);
        const widget = page.locator("botwright-widget");
        await widget.getByRole("status").getByText("Can I help?").waitFor();
        if (locale !== "ru") await browser.shoot(page, `${name}-bubble`);
        await complain(page, "a message by itself", BUBBLE);

        await widget.getByRole("status").getByText("Can I help?").click();
        const chat = page.frameLocator("botwright-widget iframe");
        await chat.locator(".idea").waitFor();
        const frame = page.frames().find((frame) => frame.url().includes("/widget/frame"));
        await complain(frame, "greeting", "html");
        await chat.locator(".idea").click();
        await chat.getByRole("button", { name: words.source }).first().waitFor();
        await chat.getByLabel("E-mail").waitFor();
        await chat.locator(".chip").first().click();
        await chat.getByRole("button", { name: words.down }).first().click();
        await chat.locator(".why textarea").waitFor();
        await complain(frame, "answer, source, feedback and form", "html");
        await chat.getByPlaceholder(words.ask).fill("x".repeat(4200));
        await complain(frame, "too long", "html");
        await browser.shoot(page, `${name}-chat`);
        await page.context().setOffline(true);
        await chat.locator('[data-part="notice"]').waitFor();
        await complain(frame, "offline", "html");
        assert.equal(await frame.evaluate(() => document.documentElement.scrollWidth > window.innerWidth), false, name);
        assert.equal(await frame.evaluate(() => document.documentElement.dir), locale === "ar" ? "rtl" : "ltr");
        await page.context().close();
      }
    }
  }

  // The hosted page, with colours that make it hard.
  const { content } = await call("GET", `/bots/${bot}`);
  const appearance = { ...content.appearance, color: "#ffe08a", background: "#fdf6e3", background_dark: "#102030", radius: 0, font: "serif" };
  const draft = await call("POST", "/chatbots/draft", {});
  await call("PUT", `/chatbots/draft/${draft.id}`, { version: draft.version, content: { ...content, name: "Pale bot", appearance } });
  const { embed } = await call("POST", `/chatbots/draft/${draft.id}/deploy`);
  for (const colorScheme of ["light", "dark"]) {
    const page = await browser.newPage({ colorScheme });
    await page.goto(embed.chat_url);
    await page.locator(".idea").click();
    await page.getByRole("button", { name: WORDS.en.source }).first().waitFor();
    await page.locator(".chip").first().click();
    assert.deepEqual(await violations(page, "html"), [], `pale, ${colorScheme}`);
    await browser.shoot(page, `pale-${colorScheme}`);
    // It would be seen.
    await page.locator(".idea, article p").first().evaluate((text) => {
      text.style.color = text.style.backgroundColor = "#808080";
      document.querySelector('[data-part="send"]').removeAttribute("aria-label");
      document.querySelector('[data-part="send"]').removeAttribute("title");
    });
    const found = (await violations(page, "html")).map(([id]) => id);
    assert.deepEqual(found.sort(), ["button-name", "color-contrast"]);
  }
  assertNoComplaints(browser);
});
