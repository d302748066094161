import type { SessionState } from "../api/types";
import { useLive, useSession } from "../live/hooks";
import { hasFailed, type Prompt } from "../live/outbox";
import { Bubble } from "./items/item";

const WORDS: Record<Prompt["state"], string> = {
  sending: "Sending…",
  queued: "Queued: it goes to the agent next",
  sent: "Sent to the agent",
  taken: "Taken by Claude",
  done: "Taken by Claude",
  unsent: "Not sent",
  refused: "Refused",
  failed: "Failed",
  expired: "Expired before it could be delivered",
  session_lost: "Not delivered: the session was gone",
  unknown: "It is not known whether Claude got this",
};

const BEFORE_START: Partial<Record<SessionState, string>> = {
  queued: "Waits for the session to start",
  starting: "Waits for Claude to start",
};

/** A prompt that is on its way, or did not get there. */
export function PromptRow({
  sessionId,
  prompt,
  onAgain,
}: {
  sessionId: string;
  prompt: Prompt;
  onAgain: (prompt: Prompt) => void;
}) {
  const { store } = useLive();
  const session = useSession(sessionId);
  const isFailed = hasFailed(prompt);
  const dismiss = () => store.transcripts.changeOutbox(sessionId, (outbox) => outbox.dismiss(prompt.id));
  return (
    <div className="flex flex-col items-end py-1.5 pt-4">
      <Bubble isFaint>{prompt.text}</Bubble>
      <p className={isFailed ? "mt-1 px-1 text-xs text-bad" : "mt-1 px-1 text-2xs text-ink-3"}>
        {isFailed ? WORDS[prompt.state] : (BEFORE_START[session?.state ?? "running"] ?? WORDS[prompt.state])}
        {isFailed && prompt.message && `. ${prompt.message}`}
      </p>
      {isFailed && (
        <p className="flex gap-3 px-1 text-xs font-medium text-accent">
          <button
            type="button"
            className="underline-offset-2 hover:underline touch:py-2"
            onClick={() => {
              dismiss();
              onAgain(prompt);
            }}
          >
            Send again
          </button>
          <button type="button" className="underline-offset-2 hover:underline touch:py-2" onClick={dismiss}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  );
}
