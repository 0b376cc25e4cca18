// The budgets of what a site feels of the widget. `cargo xtask bench widget` says more.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { DEVICES, measure, waitForDemo } from "./widget_cost.mjs";

const BUBBLE_MS = 100;
const RUNS = 5;

test("the bubble is there at once and moves nothing", async (t) => {
  const server = await startServer(t, "widget-cost", { BOTWRIGHT_DEMO: "true" });
  const browser = await openBrowser(t, "widget-cost");
  await waitForDemo(browser, server.url);
  const [[, options]] = DEVICES;
  const runs = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await measure(browser, `${server.url}/demo`, options, undefined, true));
  assert.deepEqual(runs.map((run) => run.shift), runs.map(() => 0));
  // The best of them: what else the machine does is not the widget's.
  const bubble = Math.min(...runs.map((run) => run.bubble));
  t.diagnostic(`bubble painted ${bubble.toFixed(0)} ms after the script arrived`);
  assert.ok(bubble <= BUBBLE_MS, `the bubble is painted ${bubble.toFixed(0)} ms after the script arrived`);
});
