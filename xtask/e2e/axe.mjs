// What axe-core can tell of accessibility.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// What axe finds wrong in a frame (or page), below `scope`: rules, each with what breaks it and why.
export async function violations(frame, scope = "html", rules = {}) {
  await frame.evaluate(AXE);
  return frame.evaluate(
    async ([scope, tags, rules]) => {
      // What still fades in, or is about to, has not its colours yet. An animation that is cut short is over, too.
      await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
      const ends = (one) => one.timeline === document.timeline && one.effect.getComputedTiming().endTime !== Infinity;
      const fading = document.getAnimations().filter((one) => one.playState === "running" && ends(one));
      await Promise.allSettled(fading.map((one) => one.finished));
      // What is scrolled half under the bar at the top is not hidden: one scrolls.
      const { scrollX, scrollY } = window;
      window.scrollTo({ left: 0, top: 0, behavior: "instant" });
      const { violations } = await window.axe.run(scope, { runOnly: tags, rules, iframes: false });
      window.scrollTo({ left: scrollX, top: scrollY, behavior: "instant" });
      return violations.map(({ id, nodes }) => [id, nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`)]);
    },
    [scope, TAGS, rules],
  );
}
