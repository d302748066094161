import { CircleAlert, Info, LoaderCircle, TriangleAlert } from "lucide-react";
import type { NoticeItem } from "../../api/types";
import { cx } from "../../ui/cx";
import { clock, fullTime, until } from "../../ui/format";
import { useNow } from "../../ui/time";
import { Markdown } from "../markdown/markdown";
import { plainText } from "../tools/ansi";
import { Fold } from "./fold";

const NOTICES = {
  info: { mark: <Info aria-hidden />, look: "text-ink-3" },
  warning: { mark: <TriangleAlert aria-hidden />, look: "text-warn" },
  error: { mark: <CircleAlert aria-hidden />, look: "text-bad" },
};
const WHOSE: Record<string, string> = {
  stderr: "Claude says: ",
  not_json: "Claude says: ",
  remark: "Told to Claude: ",
};

/** What is worth knowing beside the conversation, in a line; a summary of it unfolds. */
export function Notice({ item, foldId }: { item: NoticeItem; foldId: string }) {
  const { level, code, text, resets_ms } = item.body;
  if (code === "summary") {
    return (
      <Fold id={foldId} line="Summary of the conversation so far">
        <div className="mt-1 ml-1.5 border-l-2 border-line pl-4 text-ink-2">
          <Markdown text={text} />
        </div>
      </Fold>
    );
  }
  return (
    <p
      title={`${code} · ${fullTime(item.at_ms)}`}
      className={cx(
        "flex items-start gap-2 text-xs leading-5 [&_svg]:mt-[0.1875rem] [&_svg]:size-3.5 [&_svg]:shrink-0",
        NOTICES[level].look,
      )}
    >
      {code === "compacting" ? <LoaderCircle aria-hidden className="animate-spin" /> : NOTICES[level].mark}
      <span className="min-w-0 whitespace-pre-wrap [overflow-wrap:anywhere]">
        {WHOSE[code]}
        {plainText(text)}
        {resets_ms && <Reset ms={resets_ms} />}
      </span>
    </p>
  );
}

/** When a limit begins anew. */
function Reset({ ms }: { ms: number }) {
  const now = useNow();
  const isOver = ms <= now;
  return (
    <time dateTime={new Date(ms).toISOString()} title={fullTime(ms)}>
      {isOver ? " It was reset at " : " It is reset at "}
      {clock(ms)}
      {!isOver && `, ${until(ms, now)}`}.
    </time>
  );
}
