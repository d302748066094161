import type { KeyboardEvent } from "react";
import { Field } from "../ui/field";
import { namesOf } from "./placeholders";

/** What fills the places of a template's prompt. */
export type Values = Readonly<Record<string, string>>;

/** The places that are still empty. */
export function missing(prompt: string, values: Values): string[] {
  return namesOf(prompt).filter((name) => (values[name] ?? "").trim() === "");
}

interface FillingProps {
  prompt: string;
  values: Values;
  onChange: (values: Values) => void;
  onKeyDown: (event: KeyboardEvent) => void;
  /** Somebody wanted to start: what is missing is said. */
  isAsked: boolean;
}

/** A small field for each place in the prompt. */
export function Filling({ prompt, values, onChange, onKeyDown, isAsked }: FillingProps) {
  const names = namesOf(prompt);
  if (names.length === 0) return null;
  const empty = new Set(missing(prompt, values));
  return (
    <fieldset className="grid gap-x-4 gap-y-3 sm:grid-cols-2" aria-label="To fill in">
      {names.map((name) => (
        <Field
          key={name}
          label={name}
          data-place={name}
          value={values[name] ?? ""}
          maxLength={2000}
          autoComplete="off"
          autoCapitalize="none"
          onKeyDown={onKeyDown}
          onChange={(event) => onChange({ ...values, [name]: event.target.value })}
          error={isAsked && empty.has(name) ? "Fill this in." : undefined}
        />
      ))}
    </fieldset>
  );
}
