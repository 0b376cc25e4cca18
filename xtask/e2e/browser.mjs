// Chromium as the tests use it: Debian's own, a fresh profile, no traffic of its own.

import { chromium } from "playwright-core";

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
