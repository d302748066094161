import { type ReactNode, useState } from "react";
import { newId } from "../api/ids";
import { sourceOf } from "../images/image";
import { Pictures } from "../images/pictures";
import { useLive, useUnsent } from "../live/hooks";
import type { UnsentPrompt } from "../live/unsent";
import { tell } from "../ui/toast";
import { visible } from "../ui/visible";
import { PromptEditor } from "./prompt-editor";

/** What one may do about a prompt of one's own that is not sent yet, whatever one may do in its session by now. */
export function UnsentActions({ id }: { id: string }) {
  const { unsent } = useLive();
  const prompt = useUnsent().find((each) => each.id === id);
  const [isEditing, setEditing] = useState(false);
  const dismiss = () => {
    if (prompt === undefined) return;
    const isOnItsWay = unsent.dismiss(id);
    const words = "The prompt is dismissed.";
    tell(isOnItsWay ? `${words} It was on its way: it may have arrived.` : words, () => unsent.add(prompt));
  };
  if (isEditing && prompt?.isHeld)
    return (
      <div className="w-full">
        <PromptEditor
          text={prompt.text}
          label="Unsent prompt"
          action="Send"
          needsServer={false}
          sessionId={prompt.sessionId}
          onSave={async (text) => {
            unsent.replace(id, newId(), text);
            return true;
          }}
          onClose={() => setEditing(false)}
        />
      </div>
    );
  return (
    <Actions>
      <Act onClick={() => unsent.again(id)}>Send again</Act>
      {prompt?.isHeld && <Act onClick={() => setEditing(true)}>Edit</Act>}
      <Act onClick={dismiss}>Dismiss</Act>
    </Actions>
  );
}

/** One that is to wait until Claude has nothing to do, and does not yet: the server has not taken it. */
export function UnsentRow({ prompt }: { prompt: UnsentPrompt }) {
  return (
    <li className="py-1 pr-1.5 pl-3.5">
      <span className="flex items-center">
        <Pictures sources={prompt.attached.map(sourceOf)} look="tiny" />
        <span className="min-w-0 flex-1 truncate text-sm text-ink-2">{visible(prompt.text)}</span>
        {prompt.message === null && <span className="shrink-0 px-2 text-2xs text-ink-3">Sending…</span>}
      </span>
      {prompt.message !== null && (
        <>
          <p role="status" className="text-xs text-bad">
            Not sent. {prompt.message}
          </p>
          <UnsentActions id={prompt.id} />
        </>
      )}
    </li>
  );
}

export function Actions({ children }: { children: ReactNode }) {
  return <p className="flex gap-3 px-1 text-xs font-medium text-accent">{children}</p>;
}

export function Act({ children, onClick }: { children: string; onClick: () => void }) {
  return (
    <button type="button" className="underline-offset-2 hover:underline touch:py-2" onClick={onClick}>
      {children}
    </button>
  );
}
