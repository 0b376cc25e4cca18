// Runs before the first paint, so that a dark page never flashes white. The app changes the theme later on.
(() => {
  const stored = () => {
    try {
      return localStorage.getItem("botwright.theme");
    } catch {
      return null; // Storage is forbidden in this browser: follow the system.
    }
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const choice = stored();
    const dark = choice === "dark" || (choice !== "light" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  };
  apply();
  system.addEventListener("change", apply);
  // Another tab, or the app in this one, chose a theme.
  addEventListener("storage", apply);
  addEventListener("botwright:theme", apply);
})();
