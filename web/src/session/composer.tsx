import { ArrowUp, Square } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef } from "react";
import type { Session } from "../api/types";
import { AttachButton, AttachedList, useAttaching } from "../images/attach";
import type { Attached } from "../images/image";
import { obstacleOf, titleOf } from "../sessions/status";
import { Spinner } from "../ui/button";
import { cx } from "../ui/cx";
import { useStored } from "../ui/stored";
import { isTouched } from "../ui/touch";
import { draftKey } from "./draft";
import { excess } from "./excess";
import { useHistory } from "./history";
import { usePathMentions } from "./mentions";
import { Settings, useOffers } from "./settings";
import { useSlashCommands } from "./slash";

const TALLEST_PX = 240;

interface ComposerProps {
  session: Session;
  mayCommand: boolean;
  /** `isAtOnce`: not only when Claude has nothing to do. */
  onSend: (text: string, isAtOnce: boolean, images: readonly Attached[]) => void;
  onInterrupt: () => void;
  isInterruptArmed: boolean;
  isInterrupting?: boolean;
  isResuming?: boolean;
  examples: readonly string[];
}

/** Where one writes to Claude. Enter sends, on a touch screen only with Ctrl or Cmd; what is unsent survives a reload. */
export function Composer(props: ComposerProps) {
  const { session, mayCommand, onSend, onInterrupt, isInterruptArmed, isInterrupting, isResuming, examples } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useStored(draftKey(session.id), () => field.current?.focus());
  const attaching = useAttaching(draftKey(session.id));
  const hintId = useId();
  useGrowing(field, draft);
  const offers = useOffers(session);
  const recall = useHistory(session.id, draft, setDraft);
  const slash = useSlashCommands(draft, offers.commands, `${hintId}-commands`, setDraft);
  const mentions = usePathMentions(session, draft, field, `${hintId}-paths`, setDraft);
  const completing = mentions.list ? mentions : slash;
  useEffect(() => {
    if (!isTouched()) field.current?.focus({ preventScroll: true });
  }, []);

  const isEnded = session.state === "ended";
  const isBusy = session.state === "running" && session.activity !== null && session.activity !== "idle";
  const text = draft.trim();
  const fault = excess(text) ?? attaching.fault;
  const wrong = fault ?? attaching.notice;
  const isMute = text === "" && attaching.images.length > 0;
  const canSend = mayCommand && fault === null && !attaching.isReading && !isMute && (text !== "" || isEnded);
  const send = (isAtOnce = false) => {
    if (!canSend) return;
    onSend(text, isAtOnce, attaching.images);
    setDraft("");
    attaching.put([]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (completing.onKeyDown(event) || recall(event)) return;
    const isMeant = event.ctrlKey || event.metaKey; // on a keyboard beside a touch screen
    const isNewLine = event.shiftKey || event.altKey || (isTouched() && !isMeant);
    if (event.key !== "Enter" || isNewLine || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (text !== "") send(isMeant);
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
      <AttachedList images={attaching.images} onChange={attaching.put} />
      <div
        {...(mayCommand && attaching.takes)}
        className={cx(
          "relative flex items-end gap-2 rounded-2xl border border-line-strong bg-surface p-1.5 pl-3.5 focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/15",
          !mayCommand && "opacity-70",
        )}
      >
        {completing.list}
        <textarea
          {...completing.field}
          onSelect={mentions.onSelect}
          ref={field}
          rows={1}
          value={draft}
          disabled={!mayCommand}
          onChange={(event) => {
            setDraft(event.target.value);
            mentions.onSelect();
          }}
          onKeyDown={onKeyDown}
          aria-label={`Prompt for ${titleOf(session)}`}
          aria-describedby={hintId}
          placeholder={isEnded ? "Optional prompt" : "Write to Claude"}
          className="thin-scroll max-h-60 min-h-8 flex-1 resize-none bg-transparent py-1.5 leading-5 outline-none touch:min-h-10 touch:py-2 touch:leading-6 placeholder:text-ink-3 disabled:cursor-not-allowed"
        />
        <AttachButton onFiles={attaching.add} isDisabled={!mayCommand} />
        {isBusy && mayCommand && (
          <button
            type="button"
            onClick={onInterrupt}
            disabled={isInterrupting}
            aria-busy={isInterrupting || undefined}
            title="Interrupt Claude (Esc twice)"
            className="flex h-8 shrink-0 items-center gap-1.5 rounded-full border border-line-strong px-3 text-xs font-medium hover:bg-hover disabled:text-ink-3 touch:h-10"
          >
            {isInterrupting ? <Spinner /> : <Square aria-hidden className="size-3 fill-current" />} Interrupt
          </button>
        )}
        {isEnded ? (
          <button
            type="button"
            onClick={() => send()}
            disabled={!canSend || isResuming}
            aria-busy={isResuming || undefined}
            className="flex h-8 shrink-0 items-center gap-1.5 rounded-full bg-ink px-3.5 text-xs font-medium text-canvas hover:opacity-90 disabled:opacity-40 touch:h-10"
          >
            {isResuming && <Spinner />} Resume
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
          {wrong !== null ? (
            <span role="alert" className="text-bad">
              {wrong}
            </span>
          ) : isMute ? (
            "Say what Claude is to do with it."
          ) : isInterruptArmed ? (
            <span className="text-warn">Press Esc once more to interrupt.</span>
          ) : (
            (hintFor(session, mayCommand) ?? (isTouched() ? null : "Enter sends, Shift+Enter begins a new line."))
          )}
        </p>
        {mayCommand && <Settings session={session} offers={offers} />}
      </div>
    </div>
  );
}

/** What will become of a prompt as things stand; null when it is simply sent. */
function hintFor(session: Session, mayCommand: boolean): string | null {
  const obstacle = obstacleOf(session);
  if (obstacle !== null) return obstacle;
  if (!mayCommand)
    return "You may read this session. Commanding it needs the role operator: ask an owner of the project.";
  if (session.state === "ended") return "Resuming goes on with the same conversation, in the same directory.";
  if (!session.agent_online)
    return `${session.agent_name} is offline. Your prompt waits here and is delivered when it is back.`;
  if (session.is_ending) return "The session is being ended: Claude is given a few seconds for it.";
  if (session.state === "queued")
    return "The session waits for a free place on its machine. Your prompt waits with it.";
  if (session.pending_requests > 0)
    return isTouched()
      ? "Claude waits for your answer. What you send waits behind it."
      : "Claude waits for your answer. Enter lets a prompt wait behind it.";
  if (session.activity === "working" || session.activity === "waiting")
    return isTouched()
      ? "Claude is at work. What you send waits until it is done, and can be sent at once from there."
      : "Claude is at work. Enter lets a prompt wait until it is done, Ctrl+Enter sends it at once. Esc twice interrupts.";
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
