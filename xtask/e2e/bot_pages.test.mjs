// A bot's pages: by their tabs, by the keyboard, by their addresses and on a phone; the draft and the deploy are always at hand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

import { deployBot, signUp } from "./api.mjs";
import { assertNoComplaints, openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

const NAME = "Handbook bot";

test("everything of a bot is on its pages", async (t) => {
  const server = await startServer(t, "bot_pages");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  const { session_id } = await call("POST", `/bots/${bot}/chat`, { message: "How long is the warranty of the Aurora K2?" });
  assert.ok(session_id);
  await call("POST", `/bots/${bot}/chat`, { message: "Which colour is the moon of Jupiter?" });
  await call("POST", "/test-sets", { name: "Warranty questions" });
  const browser = await openBrowser(t, "bot_pages");
  const page = await browser.newPage();
  const home = `${server.url}/bots/${bot}`;
  await signIn(page, home);

  await overview(page, browser);
  await tabs(page, browser, home);
  await draft(page, browser, home);
  await playground(page, browser, home);
  await addresses(page, server.url, bot);
  await palette(page, bot);
  await phone(page, browser, home);
  assertNoComplaints(browser);
});

async function signIn(page, address) {
  await page.goto(address);
  await page.getByLabel("E-mail address").fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

const sections = (page) => page.getByRole("navigation", { name: "Bot", exact: true });

const titled = (page, title) => page.waitForFunction((title) => document.title.endsWith(title), `${title} · Botwright`);

async function overview(page, browser) {
  await page.getByRole("heading", { name: NAME, level: 1 }).waitFor();
  await titled(page, `Overview · ${NAME}`);
  const figures = page.getByRole("list", { name: "Figures of the last 7 days" });
  await figures.getByText("Sessions").waitFor();
  const steps = page.getByRole("list", { name: "Next steps" });
  await steps.getByRole("link", { name: "Put it on your site" }).waitFor();
  await steps.getByRole("link", { name: "Improve the answer to 1 question" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Deploy", exact: true }).isDisabled(), true);
  await browser.shoot(page, "overview");
}

async function tabs(page, browser, home) {
  await sections(page).getByRole("link", { name: "Test" }).click();
  await page.waitForURL(`${home}/test`);
  await page.getByRole("link", { name: "Test sets", exact: true }).click();
  await page.waitForURL(`${home}/test/sets`);
  await page.getByRole("link", { name: "Warranty questions" }).waitFor();
  await titled(page, `Test sets · ${NAME}`);
  await browser.shoot(page, "sets");

  await sections(page).getByRole("link", { name: "Deploy" }).click();
  await page.getByRole("heading", { name: "On your site" }).waitFor();
  await browser.shoot(page, "widget");
  await page.getByRole("link", { name: "API", exact: true }).click();
  await page.waitForURL(`${home}/deploy/api`);
  await page.getByRole("tab", { name: "Python" }).click();
  await page.getByLabel("example", { exact: true }).getByText("urllib.request").waitFor();
  await page.getByLabel("OpenAI example").getByText("/v1/chat/completions").waitFor();
  await browser.shoot(page, "api");

  // By the keyboard: the arrow keys go along, Enter opens.
  await sections(page).getByRole("link", { name: "Deploy" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${home}/monitor/conversations`);
  await page.getByRole("link", { name: "How long is the warranty of the Aurora K2?" }).waitFor();
  await titled(page, `Conversations · ${NAME}`);
  await browser.shoot(page, "conversations");
  await page.getByRole("navigation", { name: "Monitor" }).getByRole("link", { name: "Gaps" }).click();
  await page.getByTestId("gap").getByText("Which colour is the moon of Jupiter?").first().waitFor();
  await browser.shoot(page, "gaps");
  await page.getByRole("navigation", { name: "Monitor" }).getByRole("link", { name: "Analytics" }).click();
  await page.getByTestId("tile").first().waitFor();
  await page.getByLabel("Period").selectOption({ label: "Last 7 days" });
  await page.waitForURL(`${home}/monitor/analytics?period=7`);
  assert.equal(await page.getByRole("combobox", { name: "Bot" }).count(), 0);
  await browser.shoot(page, "analytics");

  // “Back” goes through the pages as they were opened.
  await page.goBack();
  await page.goBack();
  await page.waitForURL(`${home}/monitor/gaps`);
  await page.getByTestId("gap").first().waitFor();
}

async function draft(page, browser, home) {
  await sections(page).getByRole("link", { name: "Build" }).click();
  await page.waitForURL("**/bots/draft/*");
  await page.getByRole("link", { name: "Lead form", exact: true }).click();
  await page.getByRole("region", { name: "Leads" }).waitFor();
  await page.waitForFunction(() => document.getElementById("leads").getBoundingClientRect().top < 400);
  await browser.shoot(page, "build");
  await parts(page, browser, home);
  await page.getByLabel("Greeting").fill("Welcome back!");
  await page.getByText(/Draft · saved/i).waitFor();
  // The builder has the same sections.
  await sections(page).getByRole("link", { name: "Overview" }).click();
  await page.waitForURL(home);
  await page.getByTestId("draft-chip").getByText("Draft · 1 change").waitFor();
  await browser.shoot(page, "changed");
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Changes since version 1" });
  await dialog.getByText("Welcome back!").waitFor();
  await browser.shoot(page, "deploy");
  await dialog.getByRole("button", { name: "Go on editing" }).click();
}

// The part that is read is the marked one, and addresses of parts lead to them.
async function parts(page, browser, home) {
  const marked = (name) => page.getByRole("navigation", { name: "Build", exact: true }).getByRole("link", { name, exact: true }).and(page.locator("[aria-current=page]")).waitFor();
  await marked("Lead form");
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  await page.evaluate(() => window.scrollTo(0, 0));
  await marked("Instructions");
  await page.getByRole("region", { name: "Appearance" }).evaluate((part) => part.scrollIntoView());
  await page.mouse.wheel(0, 60);
  await marked("Appearance");
  const there = () => page.waitForFunction(() => window.scrollY > 0 && Math.abs(document.getElementById("leads").getBoundingClientRect().top - 208) < 40);
  await page.goto(`${home}/build#leads`);
  await page.waitForURL("**/bots/draft/*#leads");
  await there();
  await marked("Lead form");
  await page.reload();
  await there();
  await marked("Lead form");
  await browser.shoot(page, "part");
}

async function playground(page, browser, home) {
  await page.goto(`${home}/test`);
  // The draft is what there is to try.
  await page.getByRole("region", { name: "Test the draft" }).getByText("Welcome back!").waitFor();
  await page.getByRole("tab", { name: "Live version" }).click();
  const chat = page.frameLocator("iframe");
  await chat.getByRole("textbox").fill("How long is the warranty of the Aurora K2?");
  await chat.getByRole("textbox").press("Enter");
  await chat.getByText("37 months").first().waitFor();
  await browser.shoot(page, "playground");
}

async function addresses(page, url, bot) {
  // As they were before bots had these pages.
  for (const name of ["bot", "bot_id"]) {
    await page.goto(`${url}/conversations?${name}=${bot}`);
    await page.getByRole("combobox", { name: "Bot" }).waitFor();
    await page.waitForFunction((bot) => [...document.querySelectorAll("select")].some((field) => field.value === bot), bot);
  }
  await page.goto(`${url}/bots/${bot}/monitor`);
  await page.waitForURL("**/monitor/conversations");
  await nothing(page.context(), `${url}/bots/00000000-0000-7000-8000-000000000000`);

  // The inbox keeps what is looked for in its address.
  await page.goto(`${url}/inbox?state=any&q=warranty`);
  await page.getByRole("list", { name: "Conversations" }).getByRole("link").first().waitFor();
  assert.equal(await page.getByLabel("Search", { exact: true }).last().inputValue(), "warranty");
  await page.getByLabel("Status").selectOption({ label: "Closed" });
  await page.waitForURL("**/inbox?state=closed&q=warranty");
}

async function nothing(context, address) {
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => request.url().endsWith("/api/v1/bots/00000000-0000-7000-8000-000000000000") && asked.push(request));
  const gone = page.getByRole("alert").filter({ hasText: "Not found" });
  // The live connection has everything read again once it stands: here, once the page knows that there is nothing.
  let told;
  const stands = new Promise((resolve, reject) => (told = (passed) => passed.then(resolve, reject)));
  await page.routeWebSocket("**/live", (socket) => {
    const server = socket.connectToServer();
    const passOn = async (message) => {
      await gone.waitFor();
      const counted = page.waitForRequest("**/inbox/counts");
      socket.send(message);
      await counted;
    };
    server.onMessage((message) => told(passOn(message)));
  });
  await page.goto(`${address}/monitor/gaps`);
  await titled(page, "Not found");
  await stands;
  await page.evaluate(() => new Promise((next) => setTimeout(next)));
  assert.equal(asked.length, 1);
  await gone.getByRole("link", { name: "Bots" }).waitFor();
  await page.close();
}

async function palette(page, bot) {
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Search" });
  await field.fill("handbook playground");
  await page.getByRole("option", { name: `${NAME} · Playground` }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/bots/${bot}/test`);
}

async function phone(page, browser, home) {
  await page.setViewportSize({ width: 375, height: 740 });
  for (const path of ["", "/test", "/test/sets", "/deploy", "/deploy/api", "/monitor/conversations", "/monitor/gaps", "/monitor/analytics"]) {
    await page.goto(`${home}${path}`);
    await page.getByRole("heading", { name: NAME, level: 1 }).waitFor();
    await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
    const overflow = await page.evaluate(() => document.scrollingElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`);
    // The section that is open is in sight, whatever has no room beside it.
    const open = await sections(page).locator("[aria-current=page]").boundingBox();
    assert.ok(open.x >= 0 && open.x + open.width <= 375, `${path}: ${JSON.stringify(open)}`);
    await browser.shoot(page, `phone${path.replaceAll("/", "-")}`);
  }
  // The last one is reached, though there is no room for it at first.
  await page.goto(home);
  await sections(page).getByRole("link", { name: "Overview" }).focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.activeElement.getBoundingClientRect().right <= window.innerWidth);
}

test("a question is taken out of its group on a phone, and a reminder is put away", async (t) => {
  const server = await startServer(t, "bot_gaps");
  const call = await signUp(server.url);
  const bot = await deployBot(call, "aurora-k2-guide.pdf");
  for (const message of [
    "How long is the warranty of the Zeta toaster?",
    "What guarantee do I get with the Zeta toaster?",
    "Do you ship to Peru?",
  ]) {
    await call("POST", `/bots/${bot}/chat`, { message });
  }
  // The worker puts the first two together.
  while ((await call("GET", "/gaps/groups")).items.length > 2) await delay(100);
  const browser = await openBrowser(t, "bot_gaps");
  const page = await browser.newPage({ viewport: { width: 375, height: 740 } });
  await signIn(page, `${server.url}/bots/${bot}/monitor/gaps`);
  const gap = page.getByTestId("gap").filter({ hasText: "2 times unanswered" });
  await gap.locator("summary").click();
  await browser.shoot(page, "together");
  await gap.getByRole("button", { name: "Asks for something else" }).first().click();
  await page.getByText("It has a group of its own now.").waitFor();
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=gap]").length === 3);
  await browser.shoot(page, "apart");

  const banner = page.locator("[data-banner]");
  assert.ok((await banner.boundingBox()).height < 64);
  await banner.getByRole("button", { name: "Not now" }).click();
  await banner.waitFor({ state: "detached" });
  await page.reload();
  await page.getByTestId("gap").first().waitFor();
  assert.equal(await banner.count(), 0);
  assertNoComplaints(browser);
});
