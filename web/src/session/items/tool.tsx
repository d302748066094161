import { Ban, CircleCheck, CircleHelp, CircleX, LoaderCircle, OctagonPause } from "lucide-react";
import type { ReactNode } from "react";
import type { ToolItem, ToolState } from "../../api/types";
import { Pictures } from "../../images/pictures";
import { pictureSource } from "../../images/sources";
import { useChildren, useIsAsking } from "../../live/hooks";
import { cx } from "../../ui/cx";
import { plural } from "../../ui/format";
import { ToolBody } from "../tools/bodies";
import { Checklist } from "../tools/checklist";
import { summarize } from "../tools/summary";
import { Fold } from "./fold";

/** A tool call: in one line what is done and how it went, unfolded what went in and came out. */
export function Tool({
  item,
  sessionId,
  foldId,
  children,
}: {
  item: ToolItem;
  sessionId: string;
  foldId: string;
  /** What was done for it by others, shown above its input and result. */
  children?: ReactNode;
}) {
  const steps = useChildren(sessionId, item.body.tool_use_id).length;
  const { name, input, state, streaming, pictures = [] } = item.body;
  const summary = summarize(name, input);
  const { checklist } = item.body;
  const isAsking = useIsAsking(sessionId, item.body.tool_use_id) && state === "running";
  return (
    <Fold
      id={foldId}
      isBoxed
      below={checklist && <Checklist entries={checklist} />}
      line={
        <>
          <span className="flex min-w-0 flex-1 items-baseline gap-2">
            <span className="shrink-0 font-medium text-ink-2">{summary.verb}</span>
            <span className={cx("truncate text-ink [unicode-bidi:isolate]", summary.isCode && "font-mono text-xs")}>
              {summary.subject || (streaming ? <span className="text-ink-3">…</span> : null)}
            </span>
          </span>
          {steps > 0 && <span className="shrink-0 text-xs text-ink-3">{plural(steps, "step")}</span>}
          <Outcome state={isAsking ? "asking" : state} />
        </>
      }
    >
      {children}
      <ToolBody item={item} />
      {pictures.length > 0 && (
        <div className="border-t border-line p-3 first:border-0">
          <Pictures sources={pictures.map((each) => pictureSource(sessionId, each))} look="large" />
        </div>
      )}
    </Fold>
  );
}

const OUTCOMES: Record<ToolState | "asking" | "stopped", { words: string; mark: ReactNode }> = {
  asking: { words: "Waiting for you", mark: <CircleHelp aria-hidden className="size-4 text-warn" /> },
  running: { words: "Running", mark: <LoaderCircle aria-hidden className="size-4 animate-spin text-info" /> },
  done: { words: "Done", mark: <CircleCheck aria-hidden className="size-4 text-ok" /> },
  failed: { words: "Failed", mark: <CircleX aria-hidden className="size-4 text-bad" /> },
  stopped: { words: "Stopped", mark: <OctagonPause aria-hidden className="size-4 text-warn" /> },
  denied: { words: "Denied", mark: <Ban aria-hidden className="size-4 text-warn" /> },
  interrupted: { words: "Interrupted", mark: <OctagonPause aria-hidden className="size-4 text-warn" /> },
};

/** How something went, as a mark with its words. */
export function Outcome({ state }: { state: keyof typeof OUTCOMES }) {
  const { words, mark } = OUTCOMES[state];
  return (
    <span title={words} className="flex shrink-0 items-center gap-1.5 text-xs text-ink-3">
      <span className={state === "done" ? "sr-only" : "max-sm:sr-only"}>{words}</span>
      {mark}
    </span>
  );
}
