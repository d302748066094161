import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CalendarClock, CirclePause, EllipsisVertical, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { newId } from "../api/ids";
import { runsQuery, schedules } from "../api/resources";
import type { Run, Schedule } from "../api/types";
import { useAction } from "../ui/action";
import { Badge } from "../ui/badge";
import { Button, IconButton } from "../ui/button";
import { fullTime, plural, until } from "../ui/format";
import { Menu, MenuItem } from "../ui/menu";
import { Ago, useNow } from "../ui/time";
import { tell } from "../ui/toast";
import { visible } from "../ui/visible";

interface ScheduleRowProps {
  schedule: Schedule;
  mayChange: boolean;
  onEdit: () => void;
  onRemove: () => void;
  onChanged: () => Promise<unknown>;
}

/** One schedule: what it starts and when, what one can do with it, and its history. */
export function ScheduleRow({ schedule, mayChange, onEdit, onRemove, onChanged }: ScheduleRowProps) {
  const [isOpen, setOpen] = useState(false);
  const [runId, setRunId] = useState(newId);
  const action = useAction();
  const { id, project_id, name } = schedule;
  const isPaused = schedule.next_ms === null;
  const turn = () =>
    action.run(async () => {
      await (isPaused ? schedules.resume(project_id, id) : schedules.pause(project_id, id));
      await onChanged();
    });
  const run = async () => {
    const isDone = await action.run(() => schedules.run(project_id, id, runId));
    if (!isDone) return;
    setRunId(newId());
    tell(`${visible(name)} was started.`);
    setOpen(true);
    await onChanged();
  };
  const Icon = isPaused ? CirclePause : CalendarClock;
  return (
    <li className="rounded-xl border border-line bg-surface px-4 py-3">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-3" />
        <div className="min-w-0 flex-1 basis-56">
          <h2 className="truncate font-medium">{visible(name)}</h2>
          <p className="text-sm text-ink-2">
            {schedule.words} <span className="text-ink-3">({schedule.time_zone})</span>
          </p>
          <p className="truncate text-xs text-ink-3">{visible(schedule.prompt)}</p>
          <p className="mt-1 flex flex-wrap items-center gap-x-1 text-xs text-ink-3">
            <Next schedule={schedule} />
            <span>· on {visible(schedule.agent_name)}</span>
            {schedule.runs_as !== null && <span>· as {schedule.runs_as}</span>}
          </p>
          {schedule.stopped !== null && (
            <p className="mt-1 text-xs text-bad [overflow-wrap:anywhere]">It was stopped. {schedule.stopped}</p>
          )}
          {action.error !== undefined && (
            <p role="alert" className="mt-1 text-xs text-bad [overflow-wrap:anywhere]">
              {action.error}
            </p>
          )}
        </div>
        <div className="flex items-center gap-2">
          <Button
            size="small"
            aria-expanded={isOpen}
            aria-label={`History of ${visible(name)}`}
            onClick={() => setOpen(!isOpen)}
          >
            History
          </Button>
          {mayChange && (
            <>
              <Button
                size="small"
                needsServer
                aria-label={`${isPaused ? "Resume" : "Pause"} ${visible(name)}`}
                isBusy={action.isBusy}
                onClick={() => void turn()}
              >
                {isPaused ? "Resume" : "Pause"}
              </Button>
              <Button
                size="small"
                needsServer
                aria-label={`Run now: ${visible(name)}`}
                isBusy={action.isBusy}
                onClick={() => void run()}
              >
                Run now
              </Button>
              <Menu
                trigger={
                  <IconButton label={`More for ${visible(name)}`}>
                    <EllipsisVertical aria-hidden />
                  </IconButton>
                }
              >
                <MenuItem icon={<Pencil aria-hidden />} onSelect={onEdit}>
                  Change
                </MenuItem>
                <MenuItem icon={<Trash2 aria-hidden />} onSelect={onRemove} isDanger>
                  Remove
                </MenuItem>
              </Menu>
            </>
          )}
        </div>
      </div>
      {isOpen && <History schedule={schedule} />}
    </li>
  );
}

function Next({ schedule: { next_ms, stopped } }: { schedule: Schedule }) {
  const now = useNow();
  if (next_ms === null)
    return <Badge tone={stopped === null ? "neutral" : "bad"}>{stopped === null ? "paused" : "stopped"}</Badge>;
  return <span title={fullTime(next_ms)}>next {next_ms <= now ? "now" : until(next_ms, now)}</span>;
}

function History({ schedule }: { schedule: Schedule }) {
  const { data: runs } = useQuery(runsQuery(schedule.project_id, schedule.id));
  if (runs === undefined) return null;
  if (runs.length === 0) return <p className="mt-3 text-sm text-ink-3">It has not run yet.</p>;
  return (
    <ol aria-label={`Runs of ${visible(schedule.name)}`} className="mt-3 divide-y divide-line border-t border-line">
      {runs.map((run) => (
        <RunRow key={run.no} run={run} />
      ))}
    </ol>
  );
}

const LOOKS = {
  started: { tone: "ok", words: "started" },
  skipped: { tone: "neutral", words: "skipped" },
  refused: { tone: "bad", words: "not started" },
} as const;

function RunRow({ run }: { run: Run }) {
  const { tone, words } = LOOKS[run.outcome];
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 py-2 text-sm">
      <Badge tone={tone}>{words}</Badge>
      <span className="min-w-0 flex-1 basis-48">
        <span className="block">
          {run.due_ms === null
            ? `By hand${run.started_by === null ? "" : `, ${run.started_by}`}`
            : fullTime(run.due_ms)}
          {run.missed > 0 && <span className="text-ink-3"> and {plural(run.missed, "time")} more</span>}
        </span>
        {run.problem !== null && <span className="block text-xs text-ink-2">{run.problem}</span>}
        {run.outcome === "started" && <Outcome run={run} />}
      </span>
      <Ago ms={run.at_ms} className="text-xs text-ink-3" />
    </li>
  );
}

function Outcome({ run }: { run: Run }) {
  if (run.session_id === null) return <span className="block text-xs text-ink-3">Its session was deleted.</span>;
  const isBad = run.session_reason === "failed" || run.session_reason === "lost";
  return (
    <span className="block text-xs text-ink-2">
      <Link
        to="/sessions/$sessionId"
        params={{ sessionId: run.session_id }}
        className="font-medium text-ink underline underline-offset-2"
      >
        {visible(run.session_title ?? "") || "Untitled session"}
      </Link>{" "}
      {isBad ? (
        <span className="text-bad">
          {run.session_reason}
          {run.session_detail ? `: ${visible(run.session_detail)}` : ""}
        </span>
      ) : (
        run.session_state
      )}
    </span>
  );
}
