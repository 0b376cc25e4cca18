// What the widget costs a page, measured as Lighthouse does: the demo page is loaded with an empty cache, with the widget or
// without.

// Lighthouse's own phone: 150 ms there and back, 1.6 Mbit/s, a processor four times slower.
const SLOW = { latency: 150, downloadThroughput: (1.6 * 1024 * 1024) / 8, uploadThroughput: (750 * 1024) / 8, offline: false };
export const DEVICES = [
  ["desk", { viewport: { width: 1350, height: 940 } }, undefined],
  ["phone, slow", { viewport: { width: 375, height: 667 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }, SLOW],
];

// In the page, before anything else: notes what the browser tells of itself.
function watch() {
  window.told = { shift: 0, blocked: 0, paint: 0, largest: 0, bubble: 0 };
  const observe = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  observe("layout-shift", ({ value, hadRecentInput }) => (window.told.shift += hadRecentInput ? 0 : value));
  observe("longtask", ({ duration }) => (window.told.blocked += Math.max(0, duration - 50)));
  observe("paint", ({ name, startTime }) => name === "first-contentful-paint" && (window.told.paint = startTime));
  observe("largest-contentful-paint", ({ startTime }) => (window.told.largest = startTime));
  new MutationObserver((_, self) => {
    if (!document.querySelector("botwright-widget")) return;
    self.disconnect();
    // The frame after the one in which it is drawn.
    requestAnimationFrame(() => requestAnimationFrame(() => (window.told.bubble = performance.now())));
  }).observe(document, { childList: true, subtree: true });
}

export async function measure(browser, url, options, network, hasWidget) {
  const page = await browser.newPage(options);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  let bytes = 0;
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  if (network) {
    await devtools.send("Network.emulateNetworkConditions", network);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  }
  if (!hasWidget) await page.route("**/widget.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  await page.addInitScript(watch);
  await page.goto(url, { waitUntil: "load" });
  if (hasWidget) await page.waitForFunction(() => window.told.bubble && window.Botwright);
  await page.waitForLoadState("networkidle");
  const told = await page.evaluate(() => {
    const [script] = performance.getEntriesByName(new URL("/widget.js", location.href).href);
    return { ...window.told, arrived: script?.responseEnd ?? 0 };
  });
  const found = { ...told, bytes, bubble: told.bubble - told.arrived };
  if (hasWidget) {
    const before = bytes;
    const start = performance.now();
    await page.locator("botwright-widget button").first().click();
    await page.frameLocator("botwright-widget iframe").locator(".idea").first().waitFor();
    found.opening = performance.now() - start;
    await page.waitForLoadState("networkidle");
    found.openingBytes = bytes - before;
    found.shift = await page.evaluate(() => window.told.shift);
  }
  await page.context().close();
  return found;
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

// Until the demo is made its page says so.
export async function waitForDemo(browser, url) {
  const page = await browser.newPage();
  await page.goto(`${url}/demo`);
  await page.locator("botwright-widget").waitFor({ state: "attached", timeout: 180_000 });
  await page.context().close();
}
