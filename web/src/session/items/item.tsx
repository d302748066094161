import { CircleAlert } from "lucide-react";
import { memo, type ReactNode } from "react";
import type { Item, Json, MessageItem, RawItem, ThinkingItem, UserItem } from "../../api/types";
import { Pictures } from "../../images/pictures";
import { pictureSource } from "../../images/sources";
import { useChildren, useItem } from "../../live/hooks";
import { cx } from "../../ui/cx";
import { clock, fullTime, plural } from "../../ui/format";
import { visible } from "../../ui/visible";
import { Code } from "../markdown/code";
import { Markdown } from "../markdown/markdown";
import { useOpen } from "../open-state";
import { Fold } from "./fold";
import { Notice } from "./notice";
import { RequestLine } from "./request-line";
import { Task } from "./task";
import { Tool } from "./tool";
import { Turn } from "./turn";

/** One row of the transcript. It draws itself anew only when its own item changes. */
export const ItemRow = memo(function ItemRow({ sessionId, no }: { sessionId: string; no: number }) {
  const item = useItem(sessionId, no);
  if (item === undefined) return null;
  return <div className="py-1.5">{content(item, sessionId)}</div>;
});

const MOST_STEPS = 100;

/** What a subagent has said and done, the newest MOST_STEPS of it. */
function Steps({ sessionId, toolUseId }: { sessionId: string; toolUseId: string }) {
  const steps = useChildren(sessionId, toolUseId);
  const left = steps.length - MOST_STEPS;
  if (steps.length === 0) return null;
  return (
    <div className="border-b border-line bg-canvas px-3 py-1.5">
      {left > 0 && <p className="text-xs text-ink-3">{plural(left, "earlier step")} not shown.</p>}
      {steps.slice(-MOST_STEPS).map((no) => (
        <ItemRow key={no} sessionId={sessionId} no={no} />
      ))}
    </div>
  );
}

function content(item: Item, sessionId: string): ReactNode {
  const foldId = `${sessionId}:${item.no}`;
  switch (item.kind) {
    case "user":
      return <User item={item} sessionId={sessionId} foldId={foldId} />;
    case "message":
      return <Message item={item} />;
    case "thinking":
      return <Thinking item={item} foldId={foldId} />;
    case "tool":
      return (
        <Tool item={item} sessionId={sessionId} foldId={foldId}>
          <Steps sessionId={sessionId} toolUseId={item.body.tool_use_id} />
        </Tool>
      );
    case "request":
      return <RequestLine item={item} sessionId={sessionId} />;
    case "turn":
      return <Turn item={item} />;
    case "task":
      return <Task item={item} sessionId={sessionId} />;
    case "notice":
      return <Notice item={item} foldId={foldId} />;
    case "raw":
      return <Raw item={item} foldId={foldId} />;
    default:
      return <Raw item={unknown(item)} foldId={foldId} />;
  }
}

/** A server newer than this page may know kinds that this page does not: they are shown as they are. */
function unknown(item: never): RawItem {
  const { kind, body, ...rest } = item as { kind: string; body: RawItem["body"]["json"] } & Omit<
    RawItem,
    "kind" | "body"
  >;
  return { ...rest, kind: "raw", body: { type: kind, json: body } };
}

const USER_STATES = { sent: "Sent", taken: "Taken up", done: null } as const;

const FOLDED_CHARS = 1500;
const FOLDED_LINES = 24;

/** The beginning of a long prompt, for the bubble; null when the whole of it is short. */
function beginning(text: string): string | null {
  const lines = text.slice(0, FOLDED_CHARS * 2).split("\n");
  if (text.length <= FOLDED_CHARS * 2 && lines.length <= FOLDED_LINES * 2) return null;
  return lines.slice(0, FOLDED_LINES).join("\n").slice(0, FOLDED_CHARS);
}

function User({ item, sessionId, foldId }: { item: UserItem; sessionId: string; foldId: string }) {
  const { text, state, images, pictures = [] } = item.body;
  const [isOpen, toggle] = useOpen(foldId);
  const start = beginning(text);
  const words = state === null ? null : USER_STATES[state];
  return (
    <div className="flex flex-col items-end pt-3">
      {pictures.length > 0 && (
        <div className="mb-1.5">
          <Pictures sources={pictures.map((each) => pictureSource(sessionId, each))} />
        </div>
      )}
      <Bubble>
        <h2 className="sr-only">Prompt</h2>
        {visible(start === null || isOpen ? text : `${start}…`)}
      </Bubble>
      {start !== null && (
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={toggle}
          className="mt-1 px-1 text-xs font-medium text-accent underline-offset-2 hover:underline touch:min-h-10"
        >
          {isOpen ? "Show less" : `Show all (${text.length.toLocaleString("en")} characters)`}
        </button>
      )}
      <p className="mt-1 px-1 text-2xs text-ink-3" title={fullTime(item.at_ms)}>
        {images > 0 && `${plural(images, "image")} · `}
        {words !== null && `${words} · `}
        <time dateTime={new Date(item.at_ms).toISOString()}>{clock(item.at_ms)}</time>
      </p>
    </div>
  );
}

/** What a person said. */
export function Bubble({ children, isFaint }: { children: ReactNode; isFaint?: boolean }) {
  return (
    <div
      className={cx(
        "max-w-[88%] rounded-2xl rounded-br-md px-3.5 py-2 leading-6 whitespace-pre-wrap [overflow-wrap:anywhere] [unicode-bidi:plaintext]",
        isFaint ? "border border-dashed border-line-strong text-ink-2" : "bg-accent-soft text-ink",
      )}
    >
      {children}
    </div>
  );
}

function Message({ item }: { item: MessageItem }) {
  const { text, streaming, error } = item.body;
  if (text === "" && !streaming && error === null) return null;
  return (
    <div className="py-1">
      {text === "" && streaming ? <span className="caret" /> : <Markdown text={text} isStreaming={streaming} />}
      {error !== null && error !== "unknown" && (
        <p className="mt-2 flex items-center gap-1.5 text-xs font-medium text-bad">
          <CircleAlert aria-hidden className="size-3.5" /> {error.replaceAll("_", " ")}
        </p>
      )}
    </div>
  );
}

function Thinking({ item, foldId }: { item: ThinkingItem; foldId: string }) {
  const { text, streaming } = item.body;
  if (text === "" && !streaming) return null;
  return (
    <Fold
      id={foldId}
      line={<span className={cx("italic", streaming && "working-dot")}>{streaming ? "Thinking…" : "Thought"}</span>}
    >
      <div className="mt-1 ml-1.5 border-l-2 border-line pl-4 text-ink-2">
        <Markdown text={text} isStreaming={streaming} />
      </div>
    </Fold>
  );
}

function Raw({ item, foldId }: { item: RawItem; foldId: string }) {
  return (
    <Fold id={foldId} line={<span className="font-mono text-xs">{item.body.type}</span>}>
      <div className="mt-1 overflow-hidden rounded-lg border border-line bg-sunken">
        <Code code={readable(item.body.json)} language="json" className="max-h-80" />
      </div>
    </Fold>
  );
}

/** JSON one can read. The server gives it as text, which it may have cut: then as it is. */
function readable(json: Json): string {
  if (typeof json !== "string") return JSON.stringify(json, null, 2);
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
