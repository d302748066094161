// Runs before the first paint, so that a page opened in the dark does not flash white.
(() => {
  let wanted = "system";
  try {
    wanted = localStorage.getItem("claudios.theme") || "system";
  } catch {
    // Storage can be forbidden; the system's preference is then the answer.
  }
  const dark = wanted === "dark" || (wanted === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
