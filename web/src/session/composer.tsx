import { ArrowUp, Square } from "lucide-react";
import { type KeyboardEvent, type Ref, useEffect, useId, useImperativeHandle, useLayoutEffect, useRef } from "react";
import type { Session } from "../api/types";
import { titleOf } from "../sessions/status";
import { cx } from "../ui/cx";
import { useStored } from "../ui/stored";
import { useHistory } from "./history";
import { Settings, useOffers } from "./settings";
import { useSlashCommands } from "./slash";

const TALLEST_PX = 240;
const MAX_PROMPT_BYTES = 500_000; // the server's own limit

/** Why a prompt cannot be sent; null when it is not too long. */
function excess(text: string): string | null {
  const bytes = text.length * 3 > MAX_PROMPT_BYTES ? new TextEncoder().encode(text).length : 0;
  if (bytes <= MAX_PROMPT_BYTES) return null;
  const [size, most] = [bytes, MAX_PROMPT_BYTES].map((count) => count.toLocaleString("en"));
  return `This is ${size} bytes long, and ${most} is the most that can be sent. Put it into a file on the agent's machine and ask Claude to read that.`;
}

export interface ComposerHandle {
  put(text: string): void;
}

interface ComposerProps {
  session: Session;
  mayCommand: boolean;
  /** `isAtOnce`: not only when Claude has nothing to do. */
  onSend: (text: string, isAtOnce: boolean) => void;
  onInterrupt: () => void;
  isInterruptArmed: boolean;
  examples: readonly string[];
  ref?: Ref<ComposerHandle>;
}

/** Where one writes to Claude. Enter sends, Shift+Enter begins a new line; what is unsent survives a reload. */
export function Composer(props: ComposerProps) {
  const { session, mayCommand, onSend, onInterrupt, isInterruptArmed, examples, ref } = props;
  const [draft, setDraft] = useStored(`claudios.draft.${session.id}`);
  const field = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  useImperativeHandle(ref, () => ({
    put: (text) => {
      setDraft(text);
      field.current?.focus();
    },
  }));
  useGrowing(field, draft);
  const offers = useOffers(session);
  const recall = useHistory(session.id, draft, setDraft);
  const slash = useSlashCommands(draft, offers.commands, `${hintId}-commands`, setDraft);
  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) field.current?.focus({ preventScroll: true });
  }, []);

  const isEnded = session.state === "ended";
  const isBusy = session.state === "running" && session.activity !== null && session.activity !== "idle";
  const text = draft.trim();
  const tooLong = excess(text);
  const canSend = mayCommand && tooLong === null && (text !== "" || isEnded);
  const send = (isAtOnce = false) => {
    if (!canSend) return;
    onSend(text, isAtOnce);
    setDraft("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (slash.onKeyDown(event) || recall(event)) return;
    const isNewLine = event.shiftKey || event.altKey || matchMedia("(hover: none)").matches;
    if (event.key !== "Enter" || isNewLine || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (text !== "") send(event.ctrlKey || event.metaKey);
  };
  return (
    <div className="mx-auto w-full max-w-3xl">
      {examples.length > 0 && draft === "" && (
        <ul
          className="no-scrollbar mb-2 flex gap-1.5 overflow-x-auto pr-8 [mask-image:linear-gradient(to_right,black_calc(100%-3rem),transparent)]"
          aria-label="Things to try"
        >
          {examples.map((example) => (
            <li key={example}>
              <button
                type="button"
                onClick={() => {
                  setDraft(example);
                  field.current?.focus();
                }}
                className="h-7 rounded-full border border-line-strong bg-surface px-2.5 text-xs whitespace-nowrap text-ink-2 hover:bg-hover hover:text-ink touch:h-9"
              >
                {example}
              </button>
            </li>
          ))}
        </ul>
      )}
      <div
        className={cx(
          "relative flex items-end gap-2 rounded-2xl border border-line-strong bg-surface p-1.5 pl-3.5 focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/15",
          !mayCommand && "opacity-70",
        )}
      >
        {slash.list}
        <textarea
          {...slash.field}
          ref={field}
          rows={1}
          value={draft}
          disabled={!mayCommand}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={onKeyDown}
          aria-label={`Prompt for ${titleOf(session)}`}
          aria-describedby={hintId}
          placeholder={isEnded ? "Resume, with a prompt or without" : "Write to Claude"}
          className="thin-scroll max-h-60 min-h-8 flex-1 resize-none bg-transparent py-1.5 leading-5 outline-none touch:min-h-10 touch:py-2 touch:leading-6 placeholder:text-ink-3 disabled:cursor-not-allowed"
        />
        {isBusy && mayCommand && (
          <button
            type="button"
            onClick={onInterrupt}
            title="Interrupt Claude (Esc twice)"
            className="flex h-8 shrink-0 items-center gap-1.5 rounded-full border border-line-strong px-3 text-xs font-medium hover:bg-hover touch:h-10"
          >
            <Square aria-hidden className="size-3 fill-current" /> Interrupt
          </button>
        )}
        {isEnded ? (
          <button
            type="button"
            onClick={() => send()}
            disabled={!mayCommand}
            className="h-8 shrink-0 rounded-full bg-ink px-3.5 text-xs font-medium text-canvas hover:opacity-90 disabled:opacity-40 touch:h-10"
          >
            Resume
          </button>
        ) : (
          <button
            type="button"
            onClick={() => send()}
            disabled={!canSend}
            aria-label="Send"
            title="Send (Enter)"
            className="flex size-8 shrink-0 items-center justify-center rounded-full bg-ink text-canvas hover:opacity-90 disabled:opacity-30 touch:size-10"
          >
            <ArrowUp aria-hidden className="size-4" />
          </button>
        )}
      </div>
      <div className="flex items-start gap-2 pt-1 pb-0.5 pl-3.5 max-sm:flex-col-reverse max-sm:gap-0 max-sm:pl-1.5">
        <p id={hintId} className="min-w-0 flex-1 py-1 text-2xs text-ink-3 max-sm:px-1.5 max-sm:py-0">
          {tooLong !== null ? (
            <span role="alert" className="text-bad">
              {tooLong}
            </span>
          ) : isInterruptArmed ? (
            <span className="text-warn">Press Esc once more to interrupt.</span>
          ) : (
            (hintFor(session, mayCommand) ?? (
              <span className="touch:hidden">Enter sends, Shift+Enter begins a new line.</span>
            ))
          )}
        </p>
        {mayCommand && <Settings session={session} offers={offers} />}
      </div>
    </div>
  );
}

/** What will become of a prompt as things stand; null when it is simply sent. */
function hintFor(session: Session, mayCommand: boolean): string | null {
  if (session.removed_ms !== null) return "Its output was removed, so it cannot be resumed. Start a new session.";
  if (!mayCommand)
    return "You may read this session. Commanding it needs the role operator: ask an owner of the project.";
  if (session.state === "ended") return "Resuming goes on with the same conversation, in the same directory.";
  if (!session.agent_online)
    return `${session.agent_name} is offline. Your prompt waits here and is delivered when it is back.`;
  if (session.state === "queued")
    return "The session waits for a free place on its machine. Your prompt waits with it.";
  if (session.pending_requests > 0) return "Claude waits for your answer. Enter lets a prompt wait behind it.";
  if (session.activity === "working" || session.activity === "waiting")
    return "Claude is at work. Enter lets a prompt wait until it is done, Ctrl+Enter sends it at once. Esc twice interrupts.";
  return null;
}

function useGrowing(field: React.RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(TALLEST_PX, element.scrollHeight)}px`;
  }, [field, text]);
}
