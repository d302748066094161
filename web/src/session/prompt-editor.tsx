import { useEffect, useRef, useState } from "react";
import { Button } from "../ui/button";
import { addToStored } from "../ui/stored";
import { tell } from "../ui/toast";
import { draftKey } from "./draft";

/** What became of a prompt that waits no more; `text` is what was sent. */
export interface Left {
  isSent: boolean;
  text?: string;
}

/**
 * Where a prompt is changed that waits, or is unsent. Esc leaves it as it was. What was changed in one that is sent or
 * withdrawn meanwhile goes on in the composer.
 */
export function PromptEditor({
  text,
  label = "Waiting prompt",
  action = "Save",
  needsServer = true,
  sessionId,
  left = () => null,
  onSave,
  onClose,
}: {
  text: string;
  label?: string;
  action?: string;
  needsServer?: boolean;
  sessionId: string;
  /** Says what became of the prompt; null while it can be edited. */
  left?: () => Left | null;
  /** Returns whether it was saved. */
  onSave: (text: string) => Promise<boolean>;
  onClose: () => void;
}) {
  const [draft, setDraft] = useState(text);
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const latest = useRef({ draft, left });
  latest.current = { draft, left };
  const isSettled = useRef(false);
  useEffect(() => field.current?.focus(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it began with is compared with what it ends with
  useEffect(
    () => () => {
      const { draft, left } = latest.current;
      const edit = draft.trim();
      const gone = isSettled.current || edit === "" || edit === text.trim() ? null : left();
      if (gone === null || gone.text === edit) return;
      addToStored(draftKey(sessionId), edit);
      tell(`The prompt was ${gone.isSent ? "already sent" : "withdrawn"}. Your edit is in the composer now.`);
    },
    [],
  );
  const close = () => {
    isSettled.current = true;
    onClose();
  };
  const save = async () => {
    setBusy(true);
    if (await onSave(draft.trim())) return close();
    setBusy(false);
  };
  return (
    <form
      className="flex flex-col gap-2 py-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        ref={field}
        aria-label={label}
        rows={Math.min(8, draft.split("\n").length + 1)}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          close();
        }}
        className="thin-scroll resize-y rounded-lg border border-line-strong bg-surface px-3 py-2 text-sm leading-6 outline-none focus:border-accent focus:ring-3 focus:ring-accent/15"
      />
      <p className="flex justify-end gap-2">
        <Button size="small" onClick={close}>
          Cancel
        </Button>
        <Button
          size="small"
          type="submit"
          needsServer={needsServer}
          look="primary"
          isBusy={isBusy}
          disabled={draft.trim() === ""}
        >
          {action}
        </Button>
      </p>
    </form>
  );
}
