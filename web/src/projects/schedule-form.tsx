import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useDeferredValue, useId, useState } from "react";
import { dueTimesQuery, schedules } from "../api/resources";
import type { Agent, Schedule, SchedulePlan } from "../api/types";
import { DirectoryField } from "../sessions/directory-field";
import { allowedModes, PERMISSION_MODES } from "../sessions/permission-modes";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Choice } from "../ui/choice";
import { DialogBody, DialogFooter } from "../ui/dialog";
import { Check, Field, TextArea } from "../ui/field";
import { OnlineDot } from "./online-dot";

const ZONES: readonly string[] = ["UTC", ...Intl.supportedValuesOf("timeZone")];
const MISSED = [
  { value: "skip", label: "Skip it", description: "Wait for the next time" },
  { value: "once", label: "Run once", description: "One run for all that was missed" },
] as const;
const MAX_PROMPT_CHARACTERS = 10_000;
const FIELDS = ["name", "expression", "time_zone", "prompt", "directory", "model", "wait_minutes"];

interface ScheduleFormProps {
  projectId: string;
  agents: readonly Agent[];
  before: Schedule | null;
  onClose: () => void;
  onSaved: () => Promise<unknown>;
}

/** What a schedule starts, where and when; the next times are shown as one types. */
export function ScheduleForm({ projectId, agents, before, onClose, onSaved }: ScheduleFormProps) {
  const action = useAction(FIELDS);
  const lists = useId();
  const [plan, setPlan] = useState<SchedulePlan>(() => before ?? fresh(agents));
  const set = (change: Partial<SchedulePlan>) => setPlan((now) => ({ ...now, ...change }));
  const agent = agents.find(({ id }) => id === plan.agent_id);
  const modes = allowedModes(agent);
  const offered = modes.includes(plan.permission_mode) ? modes : [plan.permission_mode, ...modes];
  const isReady = plan.name.trim() !== "" && plan.prompt.trim() !== "" && agent !== undefined;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = planOf(plan);
    const isDone = await action.run(async () => {
      await (before === null ? schedules.create(projectId, wanted) : schedules.change(projectId, before.id, wanted));
      await onSaved();
    });
    if (isDone) onClose();
  };
  return (
    <form onSubmit={save} className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label="Name"
            value={plan.name}
            maxLength={100}
            onChange={(event) => set({ name: event.target.value })}
            placeholder="Morning look"
            error={action.fieldError("name")}
            autoComplete="off"
            required
          />
          <Choice
            label="Agent"
            value={plan.agent_id}
            onChange={(agent_id) => set({ agent_id })}
            options={agents.map((each) => ({
              value: each.id,
              label: each.name,
              description: each.machine?.hostname,
              mark: <OnlineDot isOnline={each.online} />,
            }))}
          />
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label="When"
            value={plan.expression}
            maxLength={100}
            onChange={(event) => set({ expression: event.target.value })}
            placeholder="30 7 * * MON-FRI"
            hint="Minute, hour, day, month, weekday: a cron expression"
            error={action.fieldError("expression")}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            required
          />
          <Field
            label="Time zone"
            value={plan.time_zone}
            onChange={(event) => set({ time_zone: event.target.value })}
            list={`${lists}-zones`}
            error={action.fieldError("time_zone")}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            required
          />
          <datalist id={`${lists}-zones`}>
            {ZONES.map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
        </div>
        <Preview expression={plan.expression} timeZone={plan.time_zone} />
        <TextArea
          label="Prompt"
          value={plan.prompt}
          maxLength={MAX_PROMPT_CHARACTERS}
          onChange={(event) => set({ prompt: event.target.value })}
          placeholder="What should Claude do each time?"
          error={action.fieldError("prompt")}
          required
        />
        <div className="grid gap-4 sm:grid-cols-3">
          <DirectoryField
            agent={agent ?? null}
            value={plan.directory ?? ""}
            onChange={(directory) => set({ directory })}
            error={action.fieldError("directory")}
          />
          <Choice
            label="Permissions"
            value={plan.permission_mode}
            onChange={(permission_mode) => set({ permission_mode })}
            options={offered.map((each) => ({ value: each, ...PERMISSION_MODES[each] }))}
          />
          <Field
            label="Model"
            placeholder="The CLI's default"
            value={plan.model ?? ""}
            onChange={(event) => set({ model: event.target.value })}
            error={action.fieldError("model")}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
          />
          <Choice
            label="If the server was down"
            value={plan.missed}
            onChange={(missed) => set({ missed })}
            options={MISSED}
          />
          <Field
            label="Wait for the agent, minutes"
            type="number"
            inputMode="numeric"
            min={1}
            max={1440}
            value={plan.wait_minutes}
            onChange={(event) => set({ wait_minutes: Number(event.target.value) })}
            error={action.fieldError("wait_minutes")}
          />
        </div>
        <Check
          isChecked={plan.ends_when_done}
          onChange={(ends_when_done) => set({ ends_when_done })}
          hint="A minute after Claude is through, unless somebody has gone on with it."
        >
          End the session when Claude is done
        </Check>
        {action.error !== undefined && (
          <p role="alert" className="text-sm text-bad">
            {action.error}
          </p>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" isBusy={action.isBusy} disabled={!isReady}>
          {before === null ? "Create schedule" : "Save schedule"}
        </Button>
      </DialogFooter>
    </form>
  );
}

/** What the expression means, and the next times at which it is due. */
function Preview({ expression, timeZone }: { expression: string; timeZone: string }) {
  const wanted = useDeferredValue(expression.trim());
  const zone = useDeferredValue(timeZone.trim());
  const { data } = useQuery({ ...dueTimesQuery(wanted, zone), enabled: wanted !== "" && zone !== "" });
  if (wanted === "" || data === undefined) return null;
  return (
    <div role="status" aria-label="Next times" className="rounded-lg bg-sunken px-3 py-2 text-sm">
      {data.problem !== null ? (
        <p className="text-bad">{data.problem}</p>
      ) : (
        <>
          <p className="font-medium">{data.words}</p>
          <ol className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 text-xs text-ink-2 tabular-nums">
            {data.next_ms.map((ms) => (
              <li key={ms}>{timeIn(zone, ms)}</li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}

/** "Mon, 30 Nov 2026, 07:30 GMT+1": a time as it is in that zone; in this one's where the browser does not know it. */
function timeIn(timeZone: string, ms: number): string {
  const parts: Intl.DateTimeFormatOptions = {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    timeZoneName: "short",
  };
  try {
    return new Intl.DateTimeFormat("en", { ...parts, timeZone }).format(ms);
  } catch {
    return new Intl.DateTimeFormat("en", parts).format(ms);
  }
}

function fresh(agents: readonly Agent[]): SchedulePlan {
  const agent = agents.find(({ online }) => online) ?? agents[0];
  return {
    name: "",
    agent_id: agent?.id ?? "",
    expression: "",
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
    prompt: "",
    directory: null,
    model: null,
    permission_mode: agent?.machine?.permission_modes[0] ?? "default",
    missed: "skip",
    wait_minutes: 60,
    ends_when_done: true,
  };
}

/** Return the plan alone: a schedule that is changed holds more. */
function planOf(plan: SchedulePlan): SchedulePlan {
  return {
    name: plan.name.trim(),
    agent_id: plan.agent_id,
    expression: plan.expression.trim(),
    time_zone: plan.time_zone.trim(),
    prompt: plan.prompt.trim(),
    directory: plan.directory?.trim() || null,
    model: plan.model?.trim() || null,
    permission_mode: plan.permission_mode,
    missed: plan.missed,
    wait_minutes: plan.wait_minutes,
    ends_when_done: plan.ends_when_done,
  };
}
