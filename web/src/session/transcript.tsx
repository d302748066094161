import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { sessions } from "../api/resources";
import { useItem, useLive, usePrompts, useTranscript } from "../live/hooks";
import { tellFailure } from "../ui/toast";
import { FarAway } from "./far-away";
import { useFoldingNow } from "./folding";
import { ItemRow } from "./items/item";
import { PromptRow } from "./prompt-row";
import { useStickyEnd } from "./sticky-end";
import { useTarget } from "./target";

const NEAR_START_ROWS = 8;
const LIKELY_HEIGHT_PX = 64;

/**
 * The rows of a session, only those in sight being drawn.
 *
 * It opens at the end and stays there while output comes; once one has scrolled up, nothing that arrives moves what
 * one reads. Unfolding a row pins its top instead of the end for a moment.
 */
export function TranscriptList({
  sessionId,
  empty,
  mayCommand,
  sentId,
  target,
  onStop,
}: {
  sessionId: string;
  empty: ReactNode;
  mayCommand: boolean;
  /** The prompt that was sent last from here. */
  sentId: string | null;
  /** The item that one has come for. */
  target?: number | undefined;
  /** One does not want to be taken there any more. */
  onStop?: (() => void) | undefined;
}) {
  const { order, hasEarlier, isLoaded } = useTranscript(sessionId);
  const prompts = usePrompts(sessionId);
  const scroller = useRef<HTMLDivElement>(null);
  const [isFolding, noteFolding] = useFoldingNow();
  const count = order.length + prompts.length;
  const keyOf = useCallback((at: number) => order[at] ?? prompts[at - order.length]?.id ?? at, [order, prompts]);
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => LIKELY_HEIGHT_PX,
    getItemKey: keyOf,
    overscan: 6,
    paddingStart: 16,
    paddingEnd: 12,
    anchorTo: isFolding ? "start" : "end",
  });
  const rows = virtualizer.getVirtualItems();
  const { isAtEnd, toEnd, letGo } = useStickyEnd(scroller, virtualizer.getTotalSize(), isFolding);
  const { found, toLoad, isTooFar } = useTarget(sessionId, target, virtualizer, letGo);
  const isNearStart = (rows[0]?.index ?? Number.POSITIVE_INFINITY) < NEAR_START_ROWS;
  useEarlier(sessionId, isLoaded && hasEarlier && isNearStart && !isAtEnd, order[0]);

  // One's own prompt is always worth seeing, however soon the server has it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a newly typed prompt scrolls
  useEffect(() => {
    if (sentId !== null) toEnd();
  }, [sentId]);

  const stop = () => {
    scroller.current?.focus({ preventScroll: true }); // the button goes, and what it stopped is here
    onStop?.();
  };

  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {toLoad > 0 && <FarAway sessionId={sessionId} toLoad={toLoad} isTooFar={isTooFar} onStop={stop} />}
      <div
        ref={scroller}
        role="log"
        aria-label="Transcript"
        aria-live="off"
        aria-busy={!isLoaded}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onClickCapture={noteFolding}
        onKeyDownCapture={noteFolding}
        className="thin-scroll min-h-0 flex-1 overflow-y-auto [overflow-anchor:none] -outline-offset-2"
      >
        {isLoaded && count === 0 && empty}
        <div className="relative mx-auto w-full max-w-3xl" style={{ height: virtualizer.getTotalSize() }}>
          <div className="absolute inset-x-0 top-0 px-4" style={{ transform: `translateY(${rows[0]?.start ?? 0}px)` }}>
            {rows.map((row) => {
              const no = order[row.index];
              const prompt = prompts[row.index - order.length];
              return (
                <div
                  key={no !== undefined && no === found ? `found ${no}` : row.key} // drawn anew, unfolded
                  data-index={row.index}
                  data-found={(no !== undefined && no === found) || undefined}
                  ref={virtualizer.measureElement}
                  className="flow-root data-found:-mx-2 data-found:rounded-lg data-found:bg-accent-soft/40 data-found:px-2"
                >
                  {no !== undefined && <ItemRow sessionId={sessionId} no={no} />}
                  {prompt !== undefined && <PromptRow sessionId={sessionId} prompt={prompt} mayCommand={mayCommand} />}
                </div>
              );
            })}
          </div>
        </div>
      </div>
      {!isAtEnd && (
        <button
          type="button"
          onClick={toEnd}
          className="appear absolute bottom-3 left-1/2 flex h-8 -translate-x-1/2 items-center gap-1.5 rounded-full border border-line-strong bg-raised px-3 text-xs font-medium shadow-float hover:bg-hover touch:h-10"
        >
          <ArrowDown aria-hidden className="size-3.5" /> Jump to latest
        </button>
      )}
      <Spoken sessionId={sessionId} no={order.at(-1)} />
    </div>
  );
}

/** Load what came before, as one nears the beginning of what is here. */
function useEarlier(sessionId: string, isWanted: boolean, firstNo: number | undefined): void {
  const { store } = useLive();
  const asked = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (!isWanted || firstNo === undefined || asked.current === firstNo) return;
    asked.current = firstNo;
    sessions.itemsBefore(sessionId, firstNo).then(
      (page) => store.transcripts.takeEarlier(sessionId, page),
      (failure) => {
        asked.current = undefined;
        tellFailure("The earlier part could not be loaded", failure);
      },
    );
  }, [isWanted, firstNo, sessionId, store]);
}

const SPOKEN_CHARACTERS = 400;

/** Reads out each message once it is complete: a screen reader is told sentences, not syllables. */
function Spoken({ sessionId, no }: { sessionId: string; no: number | undefined }) {
  const item = useItem(sessionId, no ?? -1);
  const complete = item?.kind === "message" && !item.body.streaming ? item.body.text : null;
  const [spoken, setSpoken] = useState<string | null>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    if (complete === null) {
      if (no !== undefined) isFirst.current = false;
      return;
    }
    if (!isFirst.current) setSpoken(complete.slice(0, SPOKEN_CHARACTERS));
    isFirst.current = false;
  }, [complete, no]);
  return (
    <p role="status" className="sr-only">
      {spoken !== null && `Claude: ${spoken}`}
    </p>
  );
}
