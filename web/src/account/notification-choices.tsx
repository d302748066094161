import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { keys, notificationSettingsQuery, notifications, projectsQuery } from "../api/resources";
import type { NotificationSettings } from "../api/types";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Check, Field } from "../ui/field";
import { tell } from "../ui/toast";

const KINDS = [
  { kind: "waits", label: "A session waits for me", hint: "It asks for a permission, has a question or a plan." },
  { kind: "finished", label: "Claude has finished", hint: "A turn is over, and nothing else waits for Claude." },
  { kind: "ended", label: "A session ended", hint: "By itself, or because somebody ended it." },
  { kind: "failed", label: "A session failed", hint: "Or was lost with its machine." },
  { kind: "silent", label: "A session stays silent", hint: "Claude works, and says nothing for a while." },
] as const;

/** What one is told, and when not. */
export function NotificationChoices() {
  const { data: settings } = useQuery(notificationSettingsQuery);
  if (settings === undefined) return null;
  return <Form key={JSON.stringify(settings)} settings={settings} />;
}

function Form({ settings }: { settings: NotificationSettings }) {
  const client = useQueryClient();
  const { data: projects = [] } = useQuery(projectsQuery);
  const [wanted, setWanted] = useState(settings);
  const action = useAction(["delay_seconds", "silent_minutes", "time_zone"]);
  const change = (changes: Partial<NotificationSettings>) => setWanted({ ...wanted, ...changes });
  const isQuiet = wanted.quiet_from !== null;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const isDone = await action.run(async () => {
      client.setQueryData(keys.notificationSettings, await notifications.choose(wanted));
    });
    if (isDone) tell("What you are told is saved.");
  };
  return (
    <form onSubmit={save} className="flex flex-col items-start gap-4 pt-2" aria-label="What to be told">
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 text-sm font-medium">Tell me when</legend>
        {KINDS.map(({ kind, label, hint }) => (
          <Check key={kind} isChecked={wanted[kind]} onChange={(isOn) => change({ [kind]: isOn })} hint={hint}>
            {label}
          </Check>
        ))}
      </fieldset>
      <div className="grid w-full max-w-sm grid-cols-2 gap-3">
        <Field
          label="Wait first, seconds"
          type="number"
          inputMode="numeric"
          min={0}
          max={3600}
          value={wanted.delay_seconds}
          onChange={(event) => change({ delay_seconds: Number(event.target.value) })}
          hint="What is answered by then is not sent."
          error={action.fieldError("delay_seconds")}
          required
        />
        {wanted.silent && (
          <Field
            label="Silent for, minutes"
            type="number"
            inputMode="numeric"
            min={1}
            max={1440}
            value={wanted.silent_minutes}
            onChange={(event) => change({ silent_minutes: Number(event.target.value) })}
            error={action.fieldError("silent_minutes")}
            required
          />
        )}
      </div>
      <div className="flex w-full max-w-sm flex-col gap-2">
        <Check
          isChecked={isQuiet}
          onChange={(isOn) =>
            change(
              isOn
                ? { quiet_from: 22 * 60, quiet_until: 7 * 60, time_zone: ownTimeZone() }
                : { quiet_from: null, quiet_until: null },
            )
          }
          hint={
            isQuiet
              ? `Times of ${wanted.time_zone.replaceAll("_", " ")}. What comes then waits for the end.`
              : undefined
          }
        >
          Quiet hours
        </Check>
        {isQuiet && (
          <div className="grid grid-cols-2 gap-3">
            <Field
              label="From"
              type="time"
              value={asTime(wanted.quiet_from)}
              onChange={(event) => change({ quiet_from: asMinutes(event.target.value), time_zone: ownTimeZone() })}
              required
            />
            <Field
              label="Until"
              type="time"
              value={asTime(wanted.quiet_until)}
              onChange={(event) => change({ quiet_until: asMinutes(event.target.value), time_zone: ownTimeZone() })}
              required
            />
          </div>
        )}
      </div>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 text-sm font-medium">Of which sessions</legend>
        <Check isChecked={wanted.only_mine} onChange={(only_mine) => change({ only_mine })}>
          Only of those that I started
        </Check>
        {projects.map(({ id, name }) => (
          <Check
            key={id}
            isChecked={!wanted.muted_projects.includes(id)}
            onChange={(isOn) =>
              change({
                muted_projects: isOn
                  ? wanted.muted_projects.filter((each) => each !== id)
                  : [...wanted.muted_projects, id],
              })
            }
          >
            {`Project ${name}`}
          </Check>
        ))}
      </fieldset>
      {action.error !== undefined && (
        <p role="alert" className="text-xs text-bad">
          {action.error}
        </p>
      )}
      <Button type="submit" isBusy={action.isBusy} disabled={JSON.stringify(wanted) === JSON.stringify(settings)}>
        Save what I am told
      </Button>
    </form>
  );
}

export function asTime(minutes: number | null): string {
  if (minutes === null) return "";
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** An emptied field says midnight. */
export function asMinutes(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
