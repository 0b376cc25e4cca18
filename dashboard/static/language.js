// Runs before the first paint: in which of its languages the page is. What the person chose counts, then what the browser
// prefers, then English. The app reads the answer from <html lang>.
(() => {
  const known = new Map();
  for (const meta of document.querySelectorAll("meta[name=language]")) known.set(meta.content.toLowerCase(), meta);
  const match = (wanted) => {
    const tag = wanted.toLowerCase();
    const base = tag.split("-")[0];
    if (base === "en") return "en";
    return known.get(tag) ?? known.get(base);
  };
  let stored = null;
  try {
    stored = localStorage.getItem("botwright.language");
  } catch {
    // Storage is forbidden in this browser: its own languages decide.
  }
  const wishes = [stored, ...navigator.languages].filter(Boolean);
  const meta = wishes.map(match).find(Boolean);
  if (!meta || meta === "en") return;
  document.documentElement.lang = meta.content;
  document.documentElement.dir = meta.dataset.dir;
  addEventListener("DOMContentLoaded", () => {
    const boot = document.querySelector("#boot");
    if (boot) boot.textContent = meta.dataset.loading;
  });
  // Its texts are on their way while the app is still loading.
  const preload = document.createElement("link");
  preload.rel = "preload";
  preload.as = "fetch";
  preload.crossOrigin = "anonymous";
  preload.href = meta.dataset.file;
  document.head.append(preload);
})();
