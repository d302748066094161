import { ChevronRight } from "lucide-react";
import { memo, useId } from "react";
import { CopyIcon } from "../../ui/copy";
import { cx } from "../../ui/cx";
import { bytes, fullTime, preciseClock } from "../../ui/format";
import { visible } from "../../ui/visible";
import { useOpen } from "../open-state";
import { kindOf, type LogFrame, linesOf, type StreamName } from "./frames";
import { JsonTree } from "./json-tree";

const PREVIEW = 160;
const BEFORE_MATCH = 24;
const TONES: Record<StreamName, string> = {
  stdin: "text-accent",
  stdout: "text-ink-2",
  stderr: "text-bad",
  pty: "text-ink-2",
  event: "text-warn",
  transcript: "text-ink-2",
};

/** One frame: a line that tells what it is, and unfolds to all that is in it. */
export const FrameRow = memo(function FrameRow({ frame, wanted }: { frame: LogFrame; wanted: string }) {
  const [isOpen, toggle] = useOpen(`frame:${frame.seq}`);
  const bodyId = useId();
  return (
    <div className="border-b border-line">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={bodyId}
        onClick={toggle}
        className="flex min-h-7 w-full min-w-0 items-center gap-2 px-3 text-left font-mono text-xs -outline-offset-2 hover:bg-hover/60 touch:min-h-11"
      >
        <ChevronRight aria-hidden className={cx("size-3 shrink-0 text-ink-3", isOpen && "rotate-90")} />
        <span className="shrink-0 text-ink-3 tabular-nums">{frame.seq}</span>
        <time dateTime={new Date(frame.atMs).toISOString()} className="shrink-0 text-ink-3 tabular-nums max-sm:hidden">
          {preciseClock(frame.atMs)}
        </time>
        <span className={cx("shrink-0", TONES[frame.stream])}>{frame.stream}</span>
        <span className="max-w-1/2 shrink-0 truncate font-medium">{visible(kindOf(frame))}</span>
        <span className="truncate text-ink-3">
          <Preview text={frame.text} wanted={wanted} />
        </span>
      </button>
      <div id={bodyId}>{isOpen && <Content frame={frame} />}</div>
    </div>
  );
});

/** The beginning of a frame, or what is around the first place that was looked for. */
function Preview({ text, wanted }: { text: string; wanted: string }) {
  const at = wanted === "" ? -1 : text.toLowerCase().indexOf(wanted);
  if (at < 0) return visible(text.slice(0, PREVIEW));
  const start = Math.max(0, at - BEFORE_MATCH);
  const end = at + wanted.length;
  return (
    <>
      {start > 0 && "…"}
      {visible(text.slice(start, at))}
      <mark className="rounded-sm bg-warn-soft text-ink">{visible(text.slice(at, end))}</mark>
      {visible(text.slice(end, end + PREVIEW))}
    </>
  );
}

function Content({ frame }: { frame: LogFrame }) {
  return (
    <div className="border-t border-line bg-sunken px-3 py-2 font-mono text-xs leading-5">
      <div className="flex items-center justify-between gap-2 font-sans text-2xs text-ink-3">
        <span>
          {fullTime(frame.atMs)} · {bytes(new Blob([frame.text]).size)} · process {frame.epoch}
        </span>
        <CopyIcon text={frame.text} label={`Copy frame ${frame.seq}`} />
      </div>
      {linesOf(frame).map(({ text, json }, at) =>
        json === undefined ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line's place is what it is
          <p key={at} className="pl-4 whitespace-pre-wrap [overflow-wrap:anywhere]">
            {visible(text)}
          </p>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line's place is what it is
          <JsonTree key={at} value={json} />
        ),
      )}
    </div>
  );
}
