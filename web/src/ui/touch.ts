/** Whether one works with fingers: there is no mouse to hover with, and Enter, on the screen's keyboard, begins a line. */
export function isTouched(): boolean {
  return matchMedia("(hover: none)").matches;
}
