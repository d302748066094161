import { ArrowDown, ArrowUp, Ellipsis, Pencil, SendHorizontal, Undo2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { newId } from "../api/ids";
import { prompts as api } from "../api/resources";
import type { Queue, Session, WaitingPrompt } from "../api/types";
import type { Attached } from "../images/image";
import { Pictures } from "../images/pictures";
import { promptImages, promptSources } from "../images/sources";
import { useLive, useQueue, useUnsent } from "../live/hooks";
import type { Store } from "../live/store";
import { IconButton } from "../ui/button";
import { Menu, MenuItem } from "../ui/menu";
import { attempt, tell } from "../ui/toast";
import { visible } from "../ui/visible";
import { type Left, PromptEditor } from "./prompt-editor";
import { UnsentRow } from "./unsent";

/** What waits until Claude has nothing to do, the next one first: to see, edit, reorder, withdraw and send now. */
export function QueueDock({ session, mayCommand }: { session: Session; mayCommand: boolean }) {
  const { store } = useLive();
  const queue = useQueue(session.id);
  const waiting = queue?.prompts ?? [];
  const unsent = useUnsent().filter(({ way, sessionId }) => way === "queue" && sessionId === session.id);
  if (waiting.length + unsent.length === 0) return null;
  const change = (failure: string, work: () => Promise<Queue>) =>
    attempt(failure, async () => store.putQueue(await work()));
  const send = ({ id }: WaitingPrompt) =>
    attempt("The prompt was not sent", async () => store.takeInstruction(await api.send(session.id, id)));
  const move = (from: number, to: number) => {
    const ids = waiting.map(({ id }) => id);
    ids.splice(to, 0, ...ids.splice(from, 1));
    void change("The order was not changed", () => api.arrange(session.id, ids));
  };
  const withdraw = async ({ id, text, images }: WaitingPrompt) => {
    const order = waiting.map((each) => each.id);
    let pictures: readonly Attached[] = []; // to put it back with: the server forgets them with it
    const fetched = async () => {
      pictures = await promptImages(session.id, id, images);
    };
    if (images > 0 && !(await attempt("The prompt was not withdrawn", fetched))) return;
    if (!(await change("The prompt was not withdrawn", () => api.withdraw(session.id, id)))) return;
    const back = newId();
    const putBack = async () => {
      const now = await api.add(
        session.id,
        back,
        text,
        pictures.map(({ data }) => data),
      );
      const before = now.prompts.map((each) => each.id).filter((each) => each !== back);
      const after = before.findIndex((each) => order.indexOf(each) > order.indexOf(id));
      return after < 0 ? now : api.arrange(session.id, before.toSpliced(after, 0, back));
    };
    tell("The prompt is withdrawn.", () => void change("The prompt was not put back", putBack));
  };
  return (
    <section
      aria-label="Waiting prompts"
      className="appear mx-auto mb-2 max-h-48 w-full max-w-3xl overflow-y-auto rounded-xl border border-line bg-surface"
    >
      <h2 className="px-3.5 pt-2 text-2xs font-medium text-ink-3">{headingFor(session)}</h2>
      <ol className="pb-1">
        {waiting.map((prompt, at) => (
          <Row
            key={prompt.id}
            prompt={prompt}
            sources={promptSources(session.id, prompt.id, prompt.images)}
            mayCommand={mayCommand}
            sessionId={session.id}
            left={() => leftOf(store, session.id, prompt.id)}
            onSave={(text) => change("It was not changed", () => api.edit(session.id, prompt.id, text, prompt.text))}
          >
            {session.state !== "ended" && (
              <Doing label="Send now" act={() => send(prompt)}>
                <SendHorizontal aria-hidden />
              </Doing>
            )}
            <Doing label="Withdraw" act={() => withdraw(prompt)}>
              <Undo2 aria-hidden />
            </Doing>
            {waiting.length > 1 && (
              <Menu
                trigger={
                  <IconButton label="Order" needsServer>
                    <Ellipsis aria-hidden />
                  </IconButton>
                }
              >
                <MenuItem icon={<ArrowUp aria-hidden />} isDisabled={at === 0} onSelect={() => move(at, at - 1)}>
                  Earlier
                </MenuItem>
                <MenuItem
                  icon={<ArrowDown aria-hidden />}
                  isDisabled={at === waiting.length - 1}
                  onSelect={() => move(at, at + 1)}
                >
                  Later
                </MenuItem>
              </Menu>
            )}
          </Row>
        ))}
        {unsent.map((prompt) => (
          <UnsentRow key={prompt.id} prompt={prompt} />
        ))}
      </ol>
    </section>
  );
}

/** A button that turns until what it does is answered. */
function Doing({ label, act, children }: { label: string; act: () => Promise<unknown>; children: ReactNode }) {
  const [isBusy, setBusy] = useState(false);
  const press = async () => {
    setBusy(true);
    await act();
    setBusy(false);
  };
  return (
    <IconButton label={label} needsServer isBusy={isBusy} onClick={() => void press()}>
      {children}
    </IconButton>
  );
}

/** What became of a prompt that waited: the server tells of one that is sent before it tells that it waits no more. */
function leftOf(store: Store, sessionId: string, id: string): Left | null {
  const queue = store.queue(sessionId);
  if (queue === undefined || queue.prompts.some((each) => each.id === id)) return null;
  const sent = store.transcripts.prompt(sessionId, id);
  return sent === undefined ? { isSent: false } : { isSent: true, text: sent.text };
}

function headingFor(session: Session): string {
  if (session.state === "ended") return "Waits until the session is resumed";
  if (!session.agent_online) return `Waits until ${session.agent_name} is back and Claude has nothing to do`;
  return session.pending_requests > 0
    ? "Waits for your answer, and until Claude is done"
    : "Waits until Claude is done";
}

function Row({
  prompt,
  sources,
  mayCommand,
  sessionId,
  left,
  onSave,
  children,
}: {
  prompt: WaitingPrompt;
  sources: readonly string[];
  mayCommand: boolean;
  sessionId: string;
  left: () => Left | null;
  onSave: (text: string) => Promise<boolean>;
  children: ReactNode;
}) {
  const [isEditing, setEditing] = useState(false);
  if (isEditing)
    return (
      <li className="px-3">
        <PromptEditor
          text={prompt.text}
          sessionId={sessionId}
          left={left}
          onSave={onSave}
          onClose={() => setEditing(false)}
        />
      </li>
    );
  return (
    <li className="flex items-center gap-0.5 py-0.5 pr-1.5 pl-3.5">
      <Pictures sources={sources} look="tiny" />
      <span
        className="min-w-0 flex-1 truncate text-sm"
        title={prompt.created_by ? `By ${prompt.created_by}` : undefined}
      >
        {visible(prompt.text)}
      </span>
      {mayCommand && (
        <>
          <IconButton label="Edit" needsServer onClick={() => setEditing(true)}>
            <Pencil aria-hidden />
          </IconButton>
          {children}
        </>
      )}
    </li>
  );
}
