const ESCAPE = "\\u001b";
const ENDED = `(?:\\u0007|${ESCAPE}\\\\)?`;

// CSI (colours, cursor), OSC (titles, links, clipboard), device and application strings, two-byte escapes.
const SEQUENCES = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007${ESCAPE}]*${ENDED}|[PX^_][^${ESCAPE}]*${ENDED}|[@-Z\\\\-_])`,
  "g",
);
const CONTROLS = /[^\P{Cc}\t\n]/gu;
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;

/** Show a program's output as text: without colours, titles and other terminal escapes, and always left to right. */
export function plainText(output: string): string {
  return output.replace(SEQUENCES, "").replace(/\r\n?/g, "\n").replace(CONTROLS, "").replace(DIRECTIONS, "\ufffd");
}
