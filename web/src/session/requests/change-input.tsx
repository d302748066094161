import { type FormEvent, useId } from "react";
import type { Answer, Json, JsonObject, Request } from "../../api/types";
import { Button } from "../../ui/button";
import { TextArea } from "../../ui/field";
import { isObject, text } from "../tools/summary";
import { useBegun } from "./begun";

const CUT = /… \[\d+ more characters\]$/;

/** Whether all of an input is here: what was cut for showing must not be sent back in its place. */
export function isWhole(value: Json): boolean {
  if (typeof value === "string") return !CUT.test(value) && !/^… \d+ more entries$/.test(value);
  if (Array.isArray(value)) return value.every(isWhole);
  return !isObject(value) || (!("…" in value) && Object.values(value).every(isWhole));
}

/** The one field of a tool's input that people change, where there is one; otherwise the input as JSON. */
const FIELDS: Record<string, { field: string; label: string }> = {
  Bash: { field: "command", label: "Command" },
  Write: { field: "content", label: "Content of the file" },
  Edit: { field: "new_string", label: "New text" },
  WebFetch: { field: "url", label: "Address" },
  WebSearch: { field: "query", label: "Search for" },
};

/** Allow something other than what was asked: the tool gets this input, and Claude sees what came of it. */
export function ChangeInput({
  request,
  takesFocus,
  isBusy,
  all,
  answer,
  onBack,
}: {
  request: Request;
  takesFocus: boolean;
  isBusy: boolean;
  all: string;
  answer: (answer: Answer) => void;
  onBack: () => void;
}) {
  const { input, tool_name } = request;
  const known = FIELDS[tool_name];
  const hintId = useId();
  const asked = known ? text(input[known.field]) : JSON.stringify(input, null, 2);
  const [draft, setDraft] = useBegun(request, "input", asked);
  const changed = known ? { ...input, [known.field]: draft } : objectIn(draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed !== null) answer({ behavior: "allow", updated_input: changed });
  };
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col gap-2 overflow-y-auto px-4 pb-3">
      <TextArea
        autoFocus={takesFocus}
        label={known?.label ?? "Input, as JSON"}
        rows={Math.min(12, draft.split("\n").length + 1)}
        value={draft}
        spellCheck={false}
        error={changed === null ? "This is no JSON object. Correct it." : undefined}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.preventDefault();
            onBack();
          }
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
        }}
        className="[&_textarea]:font-mono [&_textarea]:text-xs"
      />
      <p id={hintId} className="text-xs text-ink-3">
        The tool runs with this. Claude is told the result, not that you changed it.
      </p>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="allow" disabled={isBusy || changed === null} aria-describedby={hintId}>
          Allow this{all && ` for${all}`}
        </Button>
        <Button look="ghost" onClick={onBack}>
          Back
        </Button>
        {draft !== asked && (
          <Button look="ghost" onClick={() => setDraft(asked)}>
            Discard edits
          </Button>
        )}
      </div>
    </form>
  );
}

function objectIn(draft: string): JsonObject | null {
  try {
    const value = JSON.parse(draft) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
