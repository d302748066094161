import { expect, it } from "vitest";
import { filled, namesOf } from "./placeholders";

// The server's test_placeholders.py has the same cases.
const CASES: [string, string[], string][] = [
  ["Fix {issue} in {file}.", ["issue", "file"], "Fix «issue» in «file»."],
  ["{a} and {a} again", ["a"], "«a» and «a» again"],
  ["Write {{name}}, not {name}.", ["name"], "Write {name}, not «name»."],
  ["{the branch-name_2}", ["the branch-name_2"], "«the branch-name_2»"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's own place
  ['{"key": 1} {} {1} { x} {x.y} ${HOME}', [], '{"key": 1} {} {1} { x} {x.y} ${HOME}'],
  ["{{{deep}}}", [], "{{deep}}"],
  [`{${"n".repeat(41)}}`, [], `{${"n".repeat(41)}}`],
  ["nothing", [], "nothing"],
];

it.each(CASES)("finds and fills the places of %s", (text, names, told) => {
  expect(namesOf(text)).toEqual(names);
  expect(filled(text, Object.fromEntries(names.map((name) => [name, `«${name}»`])))).toBe(told);
});

it("does not look into values, nor at what every object has", () => {
  expect(filled("{a} {b}", { a: "{b}", b: "$1 {{a}}" })).toBe("{b} $1 {{a}}");
  expect(filled("{constructor}", {})).toBe("{constructor}");
});
