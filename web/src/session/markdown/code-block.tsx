import { CopyIcon } from "../../ui/copy";
import { Code } from "./code";

/** Code between fences: its language, a copy button, and colours once they are at hand. */
export function CodeBlock({
  code,
  language,
  isStreaming,
}: {
  code: string;
  language: string | null;
  isStreaming?: boolean;
}) {
  return (
    <figure className="group/code my-3 overflow-hidden rounded-lg border border-line bg-sunken">
      <figcaption className="flex h-8 items-center justify-between border-b border-line pr-1 pl-3 text-2xs text-ink-3">
        <span className="font-mono">{language ?? "text"}</span>
        <CopyIcon text={code} label="Copy code" className="size-6" />
      </figcaption>
      <Code code={code} language={isStreaming ? null : language} />
    </figure>
  );
}
