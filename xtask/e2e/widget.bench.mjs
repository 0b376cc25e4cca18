// `cargo xtask bench widget`: what the widget costs the page that it stands on, on a desk and as on a phone with a slow network;
// medians of several loads.

import { test } from "node:test";

import { openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { DEVICES, measure, median, waitForDemo } from "./widget_cost.mjs";

const RUNS = Number(process.env.BOTWRIGHT_BENCH_RUNS || 7);

test("the widget's cost", async (t) => {
  const server = await startServer(t, "bench-widget", { BOTWRIGHT_DEMO: "true" });
  const browser = await openBrowser(t, "bench-widget");
  await waitForDemo(browser, server.url);

  console.log(`\n${"".padEnd(34)}${["FCP", "LCP", "TBT", "CLS", "bytes"].map((name) => name.padStart(9)).join("")}`);
  for (const [device, options, network] of DEVICES) {
    for (const hasWidget of [false, true]) {
      const runs = [];
      for (let run = 0; run < RUNS; run += 1) runs.push(await measure(browser, `${server.url}/demo`, options, network, hasWidget));
      const of = (name) => median(runs.map((run) => run[name]));
      const ms = (name) => `${of(name).toFixed(0)} ms`.padStart(9);
      const cells = [ms("paint"), ms("largest"), ms("blocked"), of("shift").toFixed(4).padStart(9), String(of("bytes")).padStart(9)];
      console.log(`${`${device}, ${hasWidget ? "with" : "without"} the widget`.padEnd(34)}${cells.join("")}`);
      if (!hasWidget) continue;
      console.log(`  bubble painted ${of("bubble").toFixed(0)} ms after the script arrived; chat ready ${of("opening").toFixed(0)} ms after the click`);
    }
  }
});
