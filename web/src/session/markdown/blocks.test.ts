import { describe, expect, test } from "vitest";
import { Blocks } from "./blocks";

const TEXT = `# Title

A paragraph
over two lines.

- one
- two

  still two

\`\`\`python
a = 1

b = 2
\`\`\`

| a | b |
| - | - |
| 1 | 2 |

Under
=====

The end.
`;

/** How far a text has come when every character arrives by itself. */
const prefixes = (text: string) => Array.from({ length: text.length }, (_, at) => text.slice(0, at + 1));

describe("growing markdown", () => {
  test("is cut the same when it arrives letter by letter as when it is there at once", () => {
    const growing = new Blocks();
    for (const prefix of prefixes(TEXT)) growing.of(prefix);
    expect(growing.of(TEXT)).toEqual(new Blocks().of(TEXT));
  });

  test("is cut at any moment as if it were there at once", () => {
    const growing = new Blocks();
    for (const prefix of prefixes(TEXT)) expect(growing.of(prefix)).toEqual(new Blocks().of(prefix));
  });

  test("loses nothing at any moment", () => {
    const growing = new Blocks();
    for (const prefix of prefixes(TEXT)) expect(growing.of(prefix).join("")).toBe(prefix.trim() === "" ? "" : prefix);
  });

  test("keeps code with empty lines, lists with gaps and headings in one piece", () => {
    const blocks = new Blocks().of(TEXT);
    expect(blocks).toContainEqual(expect.stringMatching(/^```python\na = 1\n\nb = 2\n```/));
    expect(blocks).toContainEqual(expect.stringMatching(/^- one\n- two\n\n {2}still two/));
    expect(blocks).toContainEqual(expect.stringMatching(/^Under\n=====/));
  });

  test("stays in one piece when it refers to what is defined elsewhere in it", () => {
    const text = "See [this][1].\n\nMore.\n\n[1]: https://example.org\n";
    expect(new Blocks().of(text)).toEqual([text]);
    const growing = new Blocks();
    for (const prefix of prefixes(text)) growing.of(prefix);
    expect(growing.of(text)).toEqual([text]);
  });

  test("begins anew when the text is replaced", () => {
    const growing = new Blocks();
    growing.of("one\n\ntwo\n\nthree\n\nfour");
    expect(growing.of("other\n\ntext").join("")).toBe("other\n\ntext");
  });
});
