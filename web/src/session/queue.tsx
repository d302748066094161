import { ArrowDown, ArrowUp, Ellipsis, Pencil, SendHorizontal, Undo2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { newId } from "../api/ids";
import { prompts as api } from "../api/resources";
import type { Queue, Session, WaitingPrompt } from "../api/types";
import { useLive, useQueue } from "../live/hooks";
import { IconButton } from "../ui/button";
import { Menu, MenuItem } from "../ui/menu";
import { attempt, tell } from "../ui/toast";
import { visible } from "../ui/visible";
import { PromptEditor } from "./prompt-editor";

/** What waits until Claude has nothing to do, the next one first: to see, edit, reorder, withdraw and send now. */
export function QueueDock({ session, mayCommand }: { session: Session; mayCommand: boolean }) {
  const { store } = useLive();
  const queue = useQueue(session.id);
  const waiting = queue?.prompts ?? [];
  if (waiting.length === 0) return null;
  const change = (failure: string, work: () => Promise<Queue>) =>
    attempt(failure, async () => store.putQueue(await work()));
  const move = (from: number, to: number) => {
    const ids = waiting.map(({ id }) => id);
    ids.splice(to, 0, ...ids.splice(from, 1));
    void change("The order was not changed", () => api.arrange(session.id, ids));
  };
  const withdraw = async ({ id, text }: WaitingPrompt) => {
    const order = waiting.map((each) => each.id);
    if (!(await change("The prompt was not withdrawn", () => api.withdraw(session.id, id)))) return;
    const back = newId();
    const putBack = async () => {
      const now = await api.add(session.id, back, text);
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
            mayCommand={mayCommand}
            onSave={(text) => change("It was not changed", () => api.edit(session.id, prompt.id, text, prompt.text))}
          >
            {session.state !== "ended" && (
              <IconButton
                label="Send now"
                onClick={() =>
                  void attempt("The prompt was not sent", async () =>
                    store.transcripts.takeInstruction(await api.send(session.id, prompt.id)),
                  )
                }
              >
                <SendHorizontal aria-hidden />
              </IconButton>
            )}
            <IconButton label="Withdraw" onClick={() => void withdraw(prompt)}>
              <Undo2 aria-hidden />
            </IconButton>
            {waiting.length > 1 && (
              <Menu
                trigger={
                  <IconButton label="Order">
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
      </ol>
    </section>
  );
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
  mayCommand,
  onSave,
  children,
}: {
  prompt: WaitingPrompt;
  mayCommand: boolean;
  onSave: (text: string) => Promise<boolean>;
  children: ReactNode;
}) {
  const [isEditing, setEditing] = useState(false);
  if (isEditing)
    return (
      <li className="px-3">
        <PromptEditor
          text={prompt.text}
          onCancel={() => setEditing(false)}
          onSave={async (text) => {
            if (await onSave(text)) setEditing(false);
          }}
        />
      </li>
    );
  return (
    <li className="flex items-center gap-0.5 py-0.5 pr-1.5 pl-3.5">
      <span
        className="min-w-0 flex-1 truncate text-sm"
        title={prompt.created_by ? `By ${prompt.created_by}` : undefined}
      >
        {visible(prompt.text)}
      </span>
      {mayCommand && (
        <>
          <IconButton label="Edit" onClick={() => setEditing(true)}>
            <Pencil aria-hidden />
          </IconButton>
          {children}
        </>
      )}
    </li>
  );
}
