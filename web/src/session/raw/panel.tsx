import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, Search, X } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import type { Session } from "../../api/types";
import { titleOf } from "../../sessions/status";
import { Button, IconButton } from "../../ui/button";
import { CopyIcon } from "../../ui/copy";
import { Empty, Skeleton } from "../../ui/empty";
import { count, plural } from "../../ui/format";
import { useFoldingNow } from "../folding";
import { useStickyEnd } from "../sticky-end";
import { Finder } from "./finder";
import { FrameRow } from "./frame-row";
import type { LogFrame } from "./frames";
import { LogReader, type LogView } from "./log-reader";

const NEAR_START_ROWS = 8;
const LIKELY_HEIGHT_PX = 29;
const NOTHING: LogView = {
  frames: [],
  hasEarlier: false,
  isFull: false,
  isLive: false,
  isGone: false,
  isBusy: true,
  problem: null,
};

/** The session's log as its machine wrote it, frame by frame, following what comes. */
export function RawLog({ session, onClose }: { session: Session; onClose: () => void }) {
  const [view, reader] = useLog(session);
  const [typed, setTyped] = useState("");
  const wanted = useDeferredValue(typed.trim().toLowerCase());
  const found = useMemo(() => new Finder(wanted), [wanted]);
  const shown = useMemo(() => found.in(view.frames), [found, view.frames]);
  const loadEarlier = () => void reader.current?.loadEarlier();
  return (
    <section
      aria-label="Raw log"
      className="flex min-w-0 flex-1 flex-col bg-canvas md:border-l md:border-line xl:max-w-1/2"
    >
      <h1 className="flex h-12 shrink-0 items-center border-b border-line px-3 text-[0.9375rem] font-semibold md:hidden">
        <span className="truncate">Raw log of {titleOf(session)}</span>
      </h1>
      <div className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-2">
        <label className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-lg border border-line-strong bg-surface px-2.5 focus-within:outline-2 focus-within:outline-accent touch:h-10">
          <Search aria-hidden className="size-3.5 shrink-0 text-ink-3" />
          <span className="sr-only">Search in what is loaded</span>
          <input
            type="search"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            placeholder="Search in what is loaded"
            className="min-w-0 flex-1 bg-transparent text-sm outline-none placeholder:text-ink-3"
          />
        </label>
        <CopyIcon text={() => shown.map(({ text }) => text).join("")} label="Copy what is shown" />
        <IconButton label="Close the raw log" onClick={onClose}>
          <X aria-hidden />
        </IconButton>
      </div>
      <p role="status" className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-1 text-2xs text-ink-3">
        <span className="tabular-nums">
          {wanted === ""
            ? plural(shown.length, "frame")
            : `${count(shown.length)} of ${plural(view.frames.length, "frame")}`}
        </span>
        {!view.isGone && <span>{view.isLive ? "Live" : "Connecting…"}</span>}
        {view.problem !== null && <span className="text-bad">{view.problem}</span>}
        {view.hasEarlier && view.isFull && <span>No more fits here.</span>}
        {view.hasEarlier && !view.isFull && (
          <Button size="small" className="ml-auto" isBusy={view.isBusy} onClick={loadEarlier}>
            Load earlier
          </Button>
        )}
      </p>
      {view.frames.length === 0 ? (
        !view.isGone && <NoFrames session={session} isLoading={!view.isLive} />
      ) : (
        <Frames
          frames={shown}
          wanted={wanted}
          onNearStart={view.hasEarlier && wanted === "" ? loadEarlier : null}
          onEnd={(isAtEnd) => {
            if (reader.current !== null) reader.current.isAtEnd = isAtEnd;
          }}
        />
      )}
    </section>
  );
}

function useLog({ id, last_seq }: Session) {
  const [view, setView] = useState(NOTHING);
  const reader = useRef<LogReader | null>(null);
  const lastSeq = useRef(last_seq);
  useEffect(() => {
    const made = new LogReader(id, lastSeq.current, setView);
    reader.current = made;
    return () => made.close();
  }, [id]);
  return [view, reader] as const;
}

function NoFrames({ session, isLoading }: { session: Session; isLoading: boolean }) {
  if (session.removed_ms !== null)
    return <Empty title="The output was removed">The project keeps no more. A tombstone says what there was.</Empty>;
  return isLoading ? <Skeleton /> : <Empty title="No output yet">Frames appear here as Claude writes them.</Empty>;
}

function Frames({
  frames,
  wanted,
  onNearStart,
  onEnd,
}: {
  frames: readonly LogFrame[];
  wanted: string;
  onNearStart: (() => void) | null;
  onEnd: (isAtEnd: boolean) => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const [isFolding, noteFolding] = useFoldingNow();
  const virtualizer = useVirtualizer({
    count: frames.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LIKELY_HEIGHT_PX,
    getItemKey: (at) => frames[at]?.seq ?? at,
    overscan: 10,
    anchorTo: isFolding ? "start" : "end",
  });
  const rows = virtualizer.getVirtualItems();
  const { isAtEnd, toEnd } = useStickyEnd(scroller, virtualizer.getTotalSize(), isFolding);
  const isNearStart = !isAtEnd && (rows[0]?.index ?? NEAR_START_ROWS) < NEAR_START_ROWS;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each way up, and each part that came
  useEffect(() => {
    if (isNearStart) onNearStart?.();
  }, [isNearStart, frames[0]?.seq]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when it changes
  useEffect(() => onEnd(isAtEnd), [isAtEnd]);
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls */}
      <div
        ref={scroller}
        role="group"
        aria-label="Frames"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onClickCapture={noteFolding}
        onKeyDownCapture={noteFolding}
        className="thin-scroll min-h-0 flex-1 overflow-y-auto -outline-offset-2 [overflow-anchor:none]"
      >
        <div className="relative" style={{ height: virtualizer.getTotalSize() }}>
          <div className="absolute inset-x-0 top-0" style={{ transform: `translateY(${rows[0]?.start ?? 0}px)` }}>
            {rows.map((row) => {
              const frame = frames[row.index];
              return (
                <div key={row.key} data-index={row.index} ref={virtualizer.measureElement}>
                  {frame && <FrameRow frame={frame} wanted={wanted} />}
                </div>
              );
            })}
          </div>
        </div>
      </div>
      {!isAtEnd && (
        <Button
          size="small"
          className="appear absolute bottom-3 left-1/2 -translate-x-1/2 shadow-float"
          icon={<ArrowDown aria-hidden className="size-3.5" />}
          onClick={toEnd}
        >
          Newest frame
        </Button>
      )}
    </div>
  );
}
