import { Ban, CircleCheck, CircleX, LoaderCircle, OctagonPause } from "lucide-react";
import type { ReactNode } from "react";
import type { ToolItem, ToolState } from "../../api/types";
import { ToolBody } from "../tools/bodies";
import { summarize } from "../tools/summary";
import { Fold } from "./fold";

/** A tool call: in one line what is done and how it went, unfolded what went in and came out. */
export function Tool({ item, foldId }: { item: ToolItem; foldId: string }) {
  const { name, input, state, streaming } = item.body;
  const summary = summarize(name, input);
  return (
    <Fold
      id={foldId}
      isBoxed
      line={
        <>
          <span className="shrink-0 font-medium text-ink-2">{summary.verb}</span>
          <span
            className={
              summary.isCode
                ? "min-w-0 flex-1 truncate font-mono text-xs text-ink [unicode-bidi:isolate]"
                : "min-w-0 flex-1 truncate text-ink [unicode-bidi:isolate]"
            }
          >
            {summary.subject || (streaming ? <span className="text-ink-3">…</span> : null)}
          </span>
          <Outcome state={state} />
        </>
      }
    >
      <ToolBody item={item} />
    </Fold>
  );
}

const OUTCOMES: Record<ToolState, { words: string; mark: ReactNode }> = {
  running: { words: "Running", mark: <LoaderCircle aria-hidden className="size-4 animate-spin text-info" /> },
  done: { words: "Done", mark: <CircleCheck aria-hidden className="size-4 text-ok" /> },
  failed: { words: "Failed", mark: <CircleX aria-hidden className="size-4 text-bad" /> },
  denied: { words: "Denied", mark: <Ban aria-hidden className="size-4 text-warn" /> },
  interrupted: { words: "Interrupted", mark: <OctagonPause aria-hidden className="size-4 text-warn" /> },
};

function Outcome({ state }: { state: ToolState }) {
  const { words, mark } = OUTCOMES[state];
  return (
    <span title={words} className="flex shrink-0 items-center gap-1.5 text-xs text-ink-3">
      <span className={state === "done" ? "sr-only" : "max-sm:sr-only"}>{words}</span>
      {mark}
    </span>
  );
}
