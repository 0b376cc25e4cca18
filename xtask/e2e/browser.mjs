// Chromium as the tests use it: Debian's own, a fresh profile, no traffic of its own.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { violations } from "./axe.mjs";

const ARGUMENTS = [
  "--no-sandbox", // Chromium refuses to run as root with its sandbox.
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launchBrowser() {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGUMENTS });
}

// A browser for one test. `shoot(page, name)` keeps a screenshot; what any page complains of in its console, blocked
// by a policy or thrown, is collected in `complaints`, and so is what axe finds wrong where a screenshot of the dashboard is
// taken.
export async function openBrowser(t, name) {
  const folder = join(process.env.BOTWRIGHT_E2E_OUTPUT, name);
  mkdirSync(folder, { recursive: true });
  const browser = await launchBrowser();
  const complaints = [];
  const pages = [];
  let shots = 0;
  const keep = (page, title) => {
    shots += 1;
    return page.screenshot({ path: join(folder, `${String(shots).padStart(2, "0")}-${title}.png`) });
  };
  const shoot = async (page, title) => {
    await keep(page, title);
    // Only the dashboard's pages have this script.
    if ((await page.locator('script[src="/language.js"]').count()) === 0) return;
    for (const [rule, nodes] of await violations(page)) complaints.push(`${title}: ${rule}: ${nodes.join("; ")}`);
  };
  t.after(async () => {
    // Where it stood, whether it failed or not.
    for (const page of pages) if (!page.isClosed()) await keep(page, "end");
    await browser.close();
  });
  return {
    complaints,
    shoot,
    close: () => browser.close(),
    async newPage(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
      page.on("console", (message) => {
        // Whoever opens the dashboard for the first time has no session to refresh.
        if (message.location().url.endsWith("/auth/refresh")) return;
        if (message.type() === "error") complaints.push(`${page.url()}: ${message.text()}`);
      });
      pages.push(page);
      return page;
    },
  };
}

// Fails when any page complained.
export function assertNoComplaints({ complaints }) {
  assert.deepEqual(complaints, []);
}
