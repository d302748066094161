import { useState } from "react";
import { Button } from "../ui/button";
import { Check, Field } from "../ui/field";
import { CONTINUE } from "./words";

const LONGEST = 2000;
const HINT = "What is said then is yours to choose. It is said once, and not where you say anything else before.";

/** Whether a session goes on by itself once a usage limit that stopped it has reset, and with which words; null: not. */
export function AfterLimit({ prompt, onChange }: { prompt: string | null; onChange: (prompt: string | null) => void }) {
  return (
    <div className="flex flex-col gap-2">
      <Check isChecked={prompt !== null} onChange={(isChosen) => onChange(isChosen ? CONTINUE : null)} hint={HINT}>
        Go on when a usage limit resets
      </Check>
      {prompt !== null && (
        <Field
          label="What is said then"
          className="ml-6"
          value={prompt}
          maxLength={LONGEST}
          placeholder={CONTINUE}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </div>
  );
}

/** The same for a session that there is: each choice counts at once, another text once it is saved. */
export function AfterLimitSetting({
  prompt,
  onChoose,
}: {
  prompt: string | null;
  onChoose: (prompt: string | null) => void;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  const save = () => {
    onChoose(typed?.trim() || CONTINUE);
    setTyped(null);
  };
  return (
    <div className="flex flex-col gap-1">
      <Check isChecked={prompt !== null} onChange={(isChosen) => onChoose(isChosen ? CONTINUE : null)}>
        Go on when it resets
      </Check>
      {prompt !== null && typed === null && (
        <span className="flex flex-wrap items-center gap-2 pl-6">
          <span className="text-ink-2">“{prompt}”</span>
          <Button size="small" aria-label="Change what is said when a limit resets" onClick={() => setTyped(prompt)}>
            Change
          </Button>
        </span>
      )}
      {prompt !== null && typed !== null && (
        <form
          className="flex flex-col items-start gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <Field
            label="What is said then"
            className="w-full"
            value={typed}
            maxLength={LONGEST}
            placeholder={CONTINUE}
            onChange={(event) => setTyped(event.target.value)}
          />
          <Button size="small" type="submit">
            Save
          </Button>
        </form>
      )}
    </div>
  );
}
