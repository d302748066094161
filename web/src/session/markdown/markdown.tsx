import { type ComponentProps, memo, type ReactNode, useState } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remend from "remend";
import { cx } from "../../ui/cx";
import { Scrollable } from "../../ui/scrollable";
import { visible } from "../../ui/visible";
import { Blocks } from "./blocks";
import { CodeBlock } from "./code-block";
import { leanGfm } from "./gfm";

/** Text of a model, rendered safely: no HTML, no remote images, links that open elsewhere and carry nothing along. */
export function Markdown({ text, isStreaming }: { text: string; isStreaming?: boolean }) {
  const [cutter] = useState(() => new Blocks());
  const blocks = cutter.of(text);
  return (
    <div className={cx("prose-like", isStreaming && "is-streaming")}>
      {blocks.map((block, at) => (
        <Block
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever added at the end
          key={at}
          text={isStreaming && at === blocks.length - 1 ? remend(block) : block}
          isOpen={isStreaming === true && at === blocks.length - 1}
        />
      ))}
    </div>
  );
}

const PLUGINS = [leanGfm];

const Block = memo(function Block({ text: said, isOpen }: { text: string; isOpen: boolean }) {
  const text = visible(said);
  if (isPlain(text)) return <p>{text.trim()}</p>;
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={isOpen ? OPEN : SETTLED} skipHtml={false}>
      {text}
    </ReactMarkdown>
  );
});

/** Whether a block is one line of prose, in which nothing stands for anything else: most are, and need no parsing. */
export function isPlain(text: string): boolean {
  return /^\p{L}[^\\`*_[\]<>&~|!@\r\n]*\s*$/u.test(text) && !/www\.|:\/\//i.test(text);
}

/** A model's headings, whatever their depth, stand one below the session's title: it may begin with any of them. */
const heading =
  (depth: number) =>
  ({ children }: { children?: ReactNode }) => <h2 data-depth={depth}>{children}</h2>;

const shared: Components = {
  h1: heading(1),
  h2: heading(2),
  h3: heading(3),
  h4: heading(4),
  h5: heading(5),
  h6: heading(6),
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  img: ({ src, alt }) => <Picture src={typeof src === "string" ? src : undefined} alt={alt} />,
  table: ({ children }) => (
    <Scrollable label="Table">
      <table>{children}</table>
    </Scrollable>
  ),
  input: (props: ComponentProps<"input">) => (
    <input
      type="checkbox"
      checked={props.checked ?? false}
      disabled
      readOnly
      aria-label={props.checked ? "Done" : "Open"}
    />
  ),
};

const SETTLED: Components = { ...shared, pre: ({ node }) => <CodeBlock {...codeOf(node)} /> };
const OPEN: Components = { ...shared, pre: ({ node }) => <CodeBlock {...codeOf(node)} isStreaming /> };

/** A picture elsewhere is never fetched, since that would tell its host who reads what: it is a link. */
function Picture({ src, alt }: { src: string | undefined; alt: string | undefined }) {
  return (
    <a href={src} target="_blank" rel="noopener noreferrer nofollow">
      {alt ? `Image: ${alt}` : "Image"}
    </a>
  );
}

type Element = NonNullable<Parameters<Extract<Components["pre"], (...args: never) => unknown>>[0]["node"]>;

function codeOf(node: Element | undefined): { code: string; language: string | null } {
  const code = node?.children.find((child) => child.type === "element");
  if (code?.type !== "element") return { code: "", language: null };
  const names = Array.isArray(code.properties.className) ? code.properties.className : [];
  const named = names.map(String).find((name) => name.startsWith("language-"));
  const text = code.children.map((child) => (child.type === "text" ? child.value : "")).join("");
  return { code: text.replace(/\n$/, ""), language: named?.slice("language-".length) ?? null };
}
