const LONGEST_MS = 100;

/** Run once what has just changed was painted, or soon where nothing is painted because the page is hidden. */
export function oncePainted(run: () => void): void {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    clearTimeout(timer);
    run();
  };
  const timer = setTimeout(once, LONGEST_MS);
  requestAnimationFrame(() => requestAnimationFrame(once));
}
