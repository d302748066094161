import { render } from "@testing-library/react";
import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { expect, test } from "vitest";
import { leanGfm } from "./gfm";
import { isPlain, Markdown } from "./markdown";

const HOSTILE = `
<script>window.owned = true</script>

<img src="https://evil.example/x.png" onerror="window.owned = true">

![a picture](https://evil.example/track.png)

[click](javascript:alert(1)) [data](data:text/html,x) [good](https://example.org)

<a href="javascript:alert(1)">raw</a>

\`<script>\`

\`\`\`html
<script>window.owned = true</script>
\`\`\`
`;

test("what turns the direction of writing is named, in prose as in **marks**", () => {
  const { container } = render(<Markdown text={"third \u202equeued\n\nand **\u202eagain**"} />);
  expect(container.textContent).toBe("third ⟨U+202E⟩queuedand ⟨U+202E⟩again");
});

test("nothing in a model's markdown runs, and nothing elsewhere is fetched", () => {
  const { container } = render(<Markdown text={HOSTILE} />);
  expect(container.querySelector("script, img, iframe, style, object")).toBeNull();
  for (const element of container.querySelectorAll("*"))
    for (const { name } of element.attributes) expect(name).not.toMatch(/^on/);
  const targets = [...container.querySelectorAll("a")].map((link) => link.getAttribute("href"));
  expect(targets).toEqual(["https://evil.example/track.png", "", "", "https://example.org"]);
  expect(container.textContent).toContain("<script>");
});

test("links open elsewhere and carry nothing along", () => {
  const { getByRole } = render(<Markdown text="[good](https://example.org)" />);
  const link = getByRole("link", { name: "good" });
  expect(link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
  expect(link.getAttribute("target")).toBe("_blank");
});

test("half a code fence is already shown as code while it streams", () => {
  const { container } = render(<Markdown text={"```python\ndef f(): # **not bold"} isStreaming />);
  expect(container.querySelector("pre")?.textContent).toBe("def f(): # **not bold");
  expect(container.querySelector("strong")).toBeNull();
});

test("half of an emphasis is shown as emphasis while it streams", () => {
  const { container } = render(<Markdown text="this is **import" isStreaming />);
  expect(container.querySelector("strong")?.textContent).toBe("import");
});

test.each([
  "see www.example.org, https://a.example/c?d=e(f). and (x@y.example) or x.y+z@w.example!",
  "`https://a.example` [https://b.example](https://c.example) <https://d.example> \\https://e.example",
  "- [x] done\n- [ ] open\n\n| a | b |\n|---|---|\n| https://a.example | ~~b~~ |\n\nNote[^1].\n\n[^1]: x@y.example",
])("what GitHub makes of %j is made here", (text) => {
  const ours = render(<ReactMarkdown remarkPlugins={[leanGfm]}>{text}</ReactMarkdown>);
  const theirs = render(<ReactMarkdown remarkPlugins={[remarkGfm]}>{text}</ReactMarkdown>);
  expect(ours.container.innerHTML).toBe(theirs.container.innerHTML);
});

test.each([
  ["Plain words, with numbers (1.5 %), a dash - and a colon: so.\n\n", true],
  ["Größe: „zitiert“ – 日本語 #1 + 2 = 3\t{x} $y$ ^z", true],
  ["Two lines\nare two.", false],
  ["A `name`", false],
  ["Some *words*", false],
  ["Go to www.example.org", false],
  ["Write to x@y.example", false],
  ["Tom &amp; Jerry", false],
  ["- a list", false],
  ["1. a list", false],
  ["# A heading", false],
])("%j is plain prose: %s", (text, expected) => {
  expect(isPlain(text)).toBe(expected);
  if (!expected) return;
  const parsed = render(<ReactMarkdown remarkPlugins={[remarkGfm]}>{text}</ReactMarkdown>);
  const shown = render(<Markdown text={text} />);
  expect(shown.container.querySelector("div")?.innerHTML).toBe(parsed.container.innerHTML);
});
