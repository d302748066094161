import { type ReactNode, useState } from "react";
import { sessions } from "../api/resources";
import type { Instruction, Session } from "../api/types";
import { useLive, useSession } from "../live/hooks";
import { hasFailed, isPutAside, type Prompt } from "../live/outbox";
import { attempt } from "../ui/toast";
import { visible } from "../ui/visible";
import { Bubble } from "./items/item";
import { PromptEditor } from "./prompt-editor";

/** Where a prompt is, in words. */
export function wordsFor(prompt: Pick<Prompt, "state" | "message">, session: Session | undefined): string {
  const agent = session?.agent_name ?? "the agent";
  const isAway = session !== undefined && !session.agent_online;
  switch (prompt.state) {
    case "sending":
      return "Sending…";
    case "unsent":
      return because("Not sent", prompt);
    case "queued":
      return isAway ? `Waits for ${agent} to come back` : `Waits to be sent to ${agent}`;
    case "sent":
      return isAway
        ? `Sent to ${agent} as it went away: whether it arrived is known when it is back`
        : (waitingFor(session) ?? `Sent to ${agent}`);
    case "taken":
      return waitingFor(session) ?? `Taken by ${agent}`;
    case "done":
      return waitingFor(session) ?? "Given to Claude";
    case "refused":
      return because("Refused", prompt);
    case "failed":
      return because("Failed", prompt);
    case "expired":
      return because("Expired before it could be delivered", prompt);
    case "session_lost":
      return because("Not delivered: the session was gone", prompt);
    case "unknown":
      return because("It is not known whether Claude got this", prompt);
    case "withdrawn":
      return prompt.message ?? "Withdrawn";
    case "retried":
      return prompt.message ?? "Sent again";
    case "dropped":
      return prompt.message ?? "Dropped";
  }
}

/** A prompt that is on its way, or did not get there, and what one may do about it. */
export function PromptRow({
  sessionId,
  prompt,
  mayCommand,
  onAgain,
}: {
  sessionId: string;
  prompt: Prompt;
  mayCommand: boolean;
  onAgain: (prompt: Prompt) => void;
}) {
  const { store } = useLive();
  const session = useSession(sessionId);
  const [isEditing, setEditing] = useState(false);
  const isFailed = hasFailed(prompt);
  const act = (failure: string, work: () => Promise<Instruction>) =>
    attempt(failure, async () => store.transcripts.takeInstruction(await work()));
  const dismiss = () => store.transcripts.changeOutbox(sessionId, (outbox) => outbox.dismiss(prompt.id));
  const sendAgain = () => {
    dismiss();
    onAgain(prompt);
  };
  const save = async (text: string) => {
    if (await act("It was not edited", () => sessions.edit(sessionId, prompt.id, text, prompt.text))) setEditing(false);
  };
  if (isEditing && prompt.state === "queued")
    return (
      <div className="ml-auto w-[88%] pt-2.5">
        <PromptEditor text={prompt.text} onSave={save} onCancel={() => setEditing(false)} />
      </div>
    );
  return (
    <div className="flex flex-col items-end py-1.5 pt-4">
      <Bubble isFaint>{isPutAside(prompt) ? <s>{visible(prompt.text)}</s> : visible(prompt.text)}</Bubble>
      <p className={isFailed ? "mt-1 px-1 text-xs text-bad" : "mt-1 px-1 text-2xs text-ink-3"}>
        {wordsFor(prompt, session)}
      </p>
      {mayCommand && prompt.state === "queued" && (
        <Actions>
          <Act onClick={() => setEditing(true)}>Edit</Act>
          <Act onClick={() => void act("It was not withdrawn", () => sessions.withdraw(sessionId, prompt.id))}>
            Withdraw
          </Act>
        </Actions>
      )}
      {mayCommand && prompt.state === "unsent" && (
        <Actions>
          <Act onClick={sendAgain}>Send again</Act>
          <Act onClick={dismiss}>Dismiss</Act>
        </Actions>
      )}
      {mayCommand && isFailed && prompt.state !== "unsent" && (
        <Actions>
          <Act onClick={() => void act("It was not sent again", () => sessions.retry(sessionId, prompt.id))}>
            Send again
          </Act>
          <Act onClick={() => void act("It was not dropped", () => sessions.drop(sessionId, prompt.id))}>Drop</Act>
        </Actions>
      )}
    </div>
  );
}

function waitingFor(session: Session | undefined): string | null {
  if (session?.state === "queued") return "Waits for the session to start";
  if (session?.state === "starting") return "Waits for Claude to start";
  return null;
}

function because(what: string, { message }: Pick<Prompt, "message">): string {
  return message === null ? what : `${what}. ${message}`;
}

function Actions({ children }: { children: ReactNode }) {
  return <p className="flex gap-3 px-1 text-xs font-medium text-accent">{children}</p>;
}

function Act({ children, onClick }: { children: string; onClick: () => void }) {
  return (
    <button type="button" className="underline-offset-2 hover:underline touch:py-2" onClick={onClick}>
      {children}
    </button>
  );
}
