import { useState } from "react";
import { newId } from "../api/ids";
import { sessions } from "../api/resources";
import type { Instruction, Session } from "../api/types";
import { type Attached, sourceOf } from "../images/image";
import { Pictures } from "../images/pictures";
import { promptImages, promptSources } from "../images/sources";
import { useLive, useSession, useStanding } from "../live/hooks";
import { hasFailed, isPutAside, type Prompt } from "../live/outbox";
import { tell } from "../ui/toast";
import { useUnderWay } from "../ui/under-way";
import { visible } from "../ui/visible";
import { Bubble } from "./items/item";
import { type Left, PromptEditor } from "./prompt-editor";
import { Act, Actions, UnsentActions } from "./unsent";

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
}: {
  sessionId: string;
  prompt: Prompt;
  mayCommand: boolean;
}) {
  const { store, unsent } = useLive();
  const session = useSession(sessionId);
  const [isEditing, setEditing] = useState(false);
  const { isUnderWay, run } = useUnderWay(`${prompt.state} ${prompt.text}`);
  const isFailed = hasFailed(prompt);
  const { isCutOff } = useStanding();
  const mayAsk = mayCommand && !isCutOff;
  const act = (failure: string, work: () => Promise<Instruction>) =>
    run(failure, async () => store.takeInstruction(await work()));
  const withdraw = async () => {
    let attached: readonly Attached[] = []; // to put it back with: the server forgets them with it
    const withdrawn = async () => {
      attached = await promptImages(sessionId, prompt.inputId, prompt.images);
      return sessions.withdraw(sessionId, prompt.id);
    };
    if (!(await act("It was not withdrawn", withdrawn))) return;
    tell("The prompt is withdrawn.", () => {
      const way = store.session(sessionId)?.state === "ended" ? "resume" : "command"; // it ends with the prompt of its start
      unsent.add({ id: newId(), sessionId, text: prompt.text, attached, way, createdMs: Date.now() });
    });
  };
  const save = (text: string) => act("It was not edited", () => sessions.edit(sessionId, prompt.id, text, prompt.text));
  const left = (): Left | null => {
    const now = store.transcripts.prompt(sessionId, prompt.id);
    if (now === undefined || now.state === "queued") return null;
    return { isSent: now.state !== "withdrawn", text: now.text };
  };
  if (isEditing && prompt.state === "queued")
    return (
      <div className="ml-auto w-[88%] pt-2.5">
        <PromptEditor
          text={prompt.text}
          sessionId={sessionId}
          left={left}
          onSave={save}
          onClose={() => setEditing(false)}
        />
      </div>
    );
  return (
    <div aria-busy={isUnderWay} className="flex flex-col items-end py-1.5 pt-4 aria-busy:opacity-50">
      {prompt.images > 0 && (
        <div className="mb-1.5">
          <Pictures
            sources={
              prompt.attached.length > 0
                ? prompt.attached.map(sourceOf)
                : promptSources(sessionId, prompt.inputId, prompt.images)
            }
          />
        </div>
      )}
      <Bubble isFaint>{isPutAside(prompt) ? <s>{visible(prompt.text)}</s> : visible(prompt.text)}</Bubble>
      <p role="status" className={isFailed ? "mt-1 px-1 text-right text-xs text-bad" : "mt-1 px-1 text-2xs text-ink-3"}>
        {wordsFor(prompt, session)}
      </p>
      {mayAsk && prompt.state === "queued" && (
        <Actions>
          <Act onClick={() => setEditing(true)}>Edit</Act>
          <Act onClick={() => void withdraw()}>Withdraw</Act>
        </Actions>
      )}
      {prompt.state === "unsent" && <UnsentActions id={prompt.id} />}
      {mayAsk && isFailed && prompt.state !== "unsent" && (
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
