import type { Row } from "../tools/diff";

const HEADING = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

/** So many lines of a patch are shown: with hundreds of thousands, as of a file of line ends, the page would stand still. */
export const MOST_ROWS = 4_000;

/** The first lines of a file's hunks, and whether there are more. */
export function firstRows(patch: string): { rows: Row[]; isCut: boolean } {
  const rows = unifiedRows(patch);
  return { rows: rows.slice(0, MOST_ROWS), isCut: rows.length > MOST_ROWS };
}

/** The lines of a file's hunks as git writes them, with their numbers; what lies between two hunks is left out. */
export function unifiedRows(patch: string): Row[] {
  let was = 1;
  let is = 1;
  return patch.split("\n").flatMap((line): Row[] => {
    const heading = HEADING.exec(line);
    if (heading) {
      const skipped = Number(heading[1]) - was;
      was = Number(heading[1]);
      is = Number(heading[2]);
      return skipped > 0 ? [{ skipped }] : [];
    }
    const [sign, text] = [line.slice(0, 1), line.slice(1)];
    if (sign === "+") return [{ sign, text, is: is++ }];
    if (sign === "-") return [{ sign, text, was: was++ }];
    if (sign === " ") return [{ sign, text, was: was++, is: is++ }];
    return line === "" ? [] : [{ sign: " ", text: line }]; // such as: no newline at the end of the file
  });
}
