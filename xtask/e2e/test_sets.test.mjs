// A bot that is deployed only when its tests have passed: made, blocked, put right and deployed in the dashboard.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { deployBot, signUp } from "./api.mjs";
import { openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

const QUESTION = "How long is the warranty of the Aurora K2?";
const SET = "Warranty questions";

test("a bot is deployed only after its tests passed", async (t) => {
  const server = await startServer(t, "test-sets");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const browser = await openBrowser(t, "test-sets");
  const page = await browser.newPage();
  await signIn(page, server.url);

  await makeSet(page, browser);
  const draft = await requireSet(page, browser, server.url, bot);
  await seeItBlocked(page, browser);
  await putItRight(page, browser);
  await page.goto(draft);
  await deploy(page);
  await page.getByRole("heading", { name: "Handbook bot is live" }).waitFor();

  await addFromTranscript(page, browser, server.url, call, bot);
  await importAndExport(page, browser);
  await deployAnyway(page, browser, server.url, bot);
  await seeOnAPhone(page, browser);
  // What the server refuses is an error to the browser, too.
  const others = browser.complaints.filter((complaint) => !complaint.includes("status of 409"));
  assert.deepEqual(others, []);
});

async function signIn(page, url) {
  await page.goto(url);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Bots", exact: true }).waitFor();
}

async function makeSet(page, browser) {
  await page.getByRole("link", { name: "Tests", exact: true }).first().click();
  await page.getByRole("heading", { name: "No test set yet" }).waitFor();
  await browser.shoot(page, "empty");
  await page.getByRole("button", { name: "Make a test set" }).click();
  await page.getByLabel("Name").fill(SET);
  await page.getByLabel("Name").press("Enter");
  await page.getByRole("heading", { name: SET }).waitFor();

  await page.getByRole("button", { name: "Add a case" }).click();
  // Nothing typed: the form says so and stays.
  await page.getByRole("button", { name: "Add case" }).click();
  await page.getByText("Please fill this in.").waitFor();
  await page.getByLabel("Question").fill(QUESTION);
  // Wrong, so that the tests fail first.
  await page.getByLabel("The answer says").fill("24 months");
  await page.getByRole("button", { name: "Add case" }).click();
  await page.getByRole("list", { name: "Cases" }).getByText("says “24 months”").waitFor();
  await browser.shoot(page, "case");
}

// Answers the draft's address.
async function requireSet(page, browser, url, bot) {
  await page.goto(`${url}/bots/${bot}`);
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Test set").selectOption({ label: SET });
  await page.getByLabel("Deploy only after a run that passed").check();
  await page.getByLabel("Cases that must pass, %").fill("100");
  await page.getByText(/Draft · saved/i).waitFor();
  await browser.shoot(page, "required");
  return page.url();
}

async function deploy(page) {
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.getByRole("button", { name: "Deploy changes" }).click();
}

async function seeItBlocked(page, browser) {
  await deploy(page);
  const dialog = page.getByRole("dialog", { name: "Tests have to pass first" });
  await dialog.getByText("The set was not run on this content yet").waitFor();
  await browser.shoot(page, "blocked");
  await dialog.getByRole("button", { name: "Run tests" }).click();
  await dialog.getByText("The run has ended: 0 of 1 passed").waitFor();
  await dialog.getByRole("button", { name: "Deploy now" }).click();
  await dialog.getByText("Cases passed: 0 %, and 100 % are needed.").waitFor();
  await browser.shoot(page, "failed");
  await dialog.getByRole("link", { name: SET }).click();
}

async function putItRight(page, browser) {
  const result = page.getByTestId("result").filter({ hasText: QUESTION });
  await result.getByText("The answer does not say what is expected.").waitFor();
  await result.locator("summary").click();
  await result.getByText("Not said: 24 months").waitFor();
  await result.getByTestId("answer").getByText("37 months").waitFor();
  await browser.shoot(page, "result");

  await page.getByRole("button", { name: "Change case" }).click();
  await page.getByLabel("The answer says").fill("37 months");
  await page.getByLabel("It rests on the passage").fill("37 months");
  await page.getByLabel("In the document").selectOption({ label: "aurora-k2-guide.pdf" });
  await page.getByRole("button", { name: "Save case" }).click();
  await page.getByRole("list", { name: "Cases" }).getByText("says “37 months”").waitFor();
  await page.getByRole("button", { name: "Run tests" }).click();
  await page.getByTestId("result").getByText("improved").waitFor();
  const figures = page.getByRole("table", { name: "Figures" });
  await figures.getByRole("row", { name: /Cases passed 100 % 0 % \+100 points/ }).waitFor();
  await figures.getByRole("row", { name: /Right passage cited 100 %/ }).waitFor();
  await page.getByRole("button", { name: "Regressed 0" }).click();
  await page.getByTestId("result").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Improved 1" }).click();
  await page.getByTestId("result").waitFor();
  await browser.shoot(page, "passed");
}

async function addFromTranscript(page, browser, url, call, bot) {
  const message = "Who won the chess championship of 1972?";
  await call("POST", `/bots/${bot}/chat`, { message });
  await page.goto(`${url}/conversations`);
  await page.getByRole("link", { name: message }).click();
  await page.getByRole("button", { name: "Add to test set" }).click();
  await browser.shoot(page, "add");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText(`Added to ${SET}.`).waitFor();
}

async function importAndExport(page, browser) {
  await page.getByRole("link", { name: "Tests", exact: true }).first().click();
  await page.getByRole("link", { name: SET }).click();
  const cases = page.getByRole("list", { name: "Cases" });
  await cases.getByText("says that it does not know").waitFor();
  const choose = (text) =>
    page.getByLabel("CSV file").setInputFiles({ name: "cases.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await page.getByRole("button", { name: "Import" }).first().click();
  await choose("question;unanswerable\nIs it blue?;perhaps\n");
  await page.getByText("row 2: unanswerable").waitFor();
  await browser.shoot(page, "import-errors");
  await choose("question;unanswerable\n=Is it blue?;yes\n");
  await page.getByText("1 case to add").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Import" }).click();
  await cases.getByText("=Is it blue?").waitFor();

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), `${SET}.csv`);
  const text = await readFile(await download.path(), "utf8");
  assert.match(text, /^\uFEFFquestion,/);
  assert.match(text, /\n'=Is it blue\?,/);
}

async function deployAnyway(page, browser, url, bot) {
  await page.goto(`${url}/bots/${bot}`);
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Fallback message").fill("No idea, sorry.");
  await page.getByText(/Draft · saved/i).waitFor();
  await deploy(page);
  const dialog = page.getByRole("dialog", { name: "Tests have to pass first" });
  await dialog.getByRole("button", { name: "Deploy anyway…" }).click();
  await dialog.getByLabel("Why is it deployed anyway?").fill("Short");
  await dialog.getByRole("button", { name: "Deploy anyway", exact: true }).click();
  await dialog.getByText("Use at least 10 characters.").waitFor();
  await dialog.getByLabel("Why is it deployed anyway?").fill("Only the words of the fallback changed.");
  await browser.shoot(page, "anyway");
  await dialog.getByRole("button", { name: "Deploy anyway", exact: true }).click();
  await page.getByRole("heading", { name: "Handbook bot is live" }).waitFor();
}

async function seeOnAPhone(page, browser) {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("link", { name: "Tests", exact: true }).last().click();
  await page.getByRole("link", { name: SET }).click();
  await page.getByTestId("result").waitFor();
  const overflow = await page.evaluate(() => document.scrollingElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
  await browser.shoot(page, "phone");
}
