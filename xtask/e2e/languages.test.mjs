// The dashboard in another language than English: chosen by the browser or by the person. pages.test.mjs reads every page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { english } from "./english.mjs";
import { open } from "./house.mjs";
import { startServer } from "./server.mjs";

test("the dashboard speaks Russian to whoever does", async (t) => {
  const server = await startServer(t, "languages");
  await signUp(server.url);
  const browser = await openBrowser(t, "languages");
  const page = await browser.newPage({ locale: "ru-RU" });
  await signInInRussian(page, browser, server);
  await choose(page, browser, server);
  // What was wrong on purpose: a password, a form, an address.
  assertNoComplaints({ complaints: browser.complaints.filter((said) => !/status of (401|404|422)/.test(said)) });
});

test("without a wish, the dashboard is in English", async (t) => {
  const server = await startServer(t, "english");
  const browser = await openBrowser(t, "english");
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  assert.ok((await page.evaluate(() => navigator.languages[0])).startsWith("en"));

  const french = await browser.newPage({ locale: "fr-FR" });
  await french.goto(server.url);
  await french.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
  assertNoComplaints(browser);
});

async function signInInRussian(page, browser, server) {
  await page.goto(server.url);
  await page.getByRole("heading", { name: "Войти" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "ru");
  assert.deepEqual(await english(page), []);
  await browser.shoot(page, "sign-in");

  // The checks that forms share with the server, then the server's own words.
  await page.getByRole("button", { name: "Войти", exact: true }).click();
  await page.getByText("Введите адрес почты, например ada@example.com.").waitFor();
  await page.getByLabel("Электронная почта").fill("grace@example.com");
  await page.getByLabel("Пароль", { exact: true }).fill("wrong horse battery");
  await page.getByRole("button", { name: "Войти", exact: true }).click();
  await page.getByText("Адрес и пароль не подходят друг к другу. Проверьте оба.").waitFor();

  await page.getByRole("link", { name: "Создать аккаунт" }).click();
  await page.getByLabel("Ваше имя").fill("Ada");
  await page.getByLabel("Электронная почта").fill("ada@example.com");
  await page.getByLabel("Пароль", { exact: true }).fill("short");
  await page.getByRole("button", { name: "Создать аккаунт" }).click();
  await page.getByText("От 10 до 128 символов.").waitFor();
  await page.getByLabel("Пароль", { exact: true }).fill("qwertyuiop");
  await page.getByRole("button", { name: "Создать аккаунт" }).click();
  // Made of two texts by the server: why, and what to do.
  await page.getByText("Возьмите четыре или больше слов, никак не связанных между собой.").waitFor();
  assert.deepEqual(await english(page), []);
  await page.getByRole("link", { name: "Войти" }).click();
  await page.getByLabel("Электронная почта").fill("grace@example.com");
  await page.getByLabel("Пароль", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Войти", exact: true }).click();
  await page.getByRole("heading", { name: "Боты", exact: true }).waitFor();
}

// English and back, from the account menu.
async function choose(page, browser, server) {
  await open(page, server.url, "/settings/usage");
  await page.getByRole("button", { name: "Аккаунт" }).click();
  await browser.shoot(page, "menu");
  await page.getByTestId("language").selectOption("en");
  await page.getByRole("heading", { name: "Settings", exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  assert.ok((await english(page)).length > 20, "English would have been noticed");
  // The choice outlives the page, although the browser asks for Russian.
  await open(page, server.url, "/bots");
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByTestId("language").selectOption({ label: "Русский" });
  await page.getByRole("heading", { name: "Боты", exact: true }).waitFor();
}
