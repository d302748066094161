import { useEffect, useState } from "react";
import { cx } from "../../ui/cx";
import { Scrollable } from "../../ui/scrollable";
import { visible } from "../../ui/visible";
import type { Line } from "./highlight";

const LARGEST = 60_000;

/** Code in a box that scrolls; plain at once, coloured when the highlighter has been loaded. */
export function Code({
  code: given,
  language,
  className = "",
  label = "Code",
  isWrapped,
}: {
  code: string;
  language: string | null;
  className?: string;
  label?: string;
  /** Break long lines instead of scrolling, where nothing may be out of sight. */
  isWrapped?: boolean;
}) {
  const code = visible(given);
  const lines = useHighlighted(code, language);
  return (
    <Scrollable label={label} className={className}>
      <pre
        className={cx(
          "code px-3 py-2.5 font-mono text-xs leading-5 [tab-size:4]",
          isWrapped ? "whitespace-pre-wrap [overflow-wrap:anywhere]" : "w-max min-w-full",
        )}
      >
        <code>
          {lines === null
            ? code
            : lines.map((line, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line's place is what it is
                <span key={at}>
                  {line.map((token) => (
                    <span key={token.offset} style={token.style}>
                      {token.content}
                    </span>
                  ))}
                  {at < lines.length - 1 && "\n"}
                </span>
              ))}
        </code>
      </pre>
    </Scrollable>
  );
}

function useHighlighted(code: string, language: string | null): readonly Line[] | null {
  const [done, setDone] = useState<{ code: string; lines: readonly Line[] } | null>(null);
  useEffect(() => {
    if (language === null || code.length > LARGEST) return;
    let isWanted = true;
    import("./highlight")
      .then(({ highlight }) => highlight(code, language))
      .then(
        (lines) => isWanted && lines !== null && setDone({ code, lines }),
        () => undefined, // the server is away, and with it the highlighter: plain code is read as well
      );
    return () => {
      isWanted = false;
    };
  }, [code, language]);
  return done !== null && done.code === code && language !== null ? done.lines : null;
}
