import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { Markdown } from "./markdown";

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
