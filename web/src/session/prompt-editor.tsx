import { useEffect, useRef, useState } from "react";
import { Button } from "../ui/button";

/** Where a prompt is changed that waits, or is unsent. Esc leaves it as it was. */
export function PromptEditor({
  text,
  label = "Waiting prompt",
  action = "Save",
  needsServer = true,
  onSave,
  onCancel,
}: {
  text: string;
  label?: string;
  action?: string;
  needsServer?: boolean;
  onSave: (text: string) => Promise<void>;
  onCancel: () => void;
}) {
  const [draft, setDraft] = useState(text);
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const save = async () => {
    setBusy(true);
    await onSave(draft.trim());
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
          onCancel();
        }}
        className="thin-scroll resize-y rounded-lg border border-line-strong bg-surface px-3 py-2 text-sm leading-6 outline-none focus:border-accent focus:ring-3 focus:ring-accent/15"
      />
      <p className="flex justify-end gap-2">
        <Button size="small" onClick={onCancel}>
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
