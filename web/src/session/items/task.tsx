import { Bot, SquareTerminal } from "lucide-react";
import { sessions } from "../../api/resources";
import type { TaskItem } from "../../api/types";
import { Button } from "../../ui/button";
import { duration, plural } from "../../ui/format";
import { useNow } from "../../ui/time";
import { attempt } from "../../ui/toast";
import { visible } from "../../ui/visible";
import { Outcome } from "./tool";

/** Something that runs beside the conversation: what, since when, what it does now, how it ended; and a way to stop it. */
export function Task({ item, sessionId }: { item: TaskItem; sessionId: string }) {
  const { type, description, state, progress, tool_uses, summary, ended_ms, task_id } = item.body;
  const isRunning = state === "running";
  const now = useNow(1000);
  const spent = Math.max(0, (ended_ms ?? (isRunning ? now : item.at_ms)) - item.at_ms);
  const told = isRunning ? progress : summary;
  const Mark = type === "local_agent" ? Bot : SquareTerminal;
  return (
    <div className="flex items-start gap-2.5 rounded-lg border border-line bg-surface px-2.5 py-1.5 text-sm">
      <Mark aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-3" />
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2">
          <span className="shrink-0 font-medium text-ink-2">In the background</span>
          <span className="truncate" title={visible(description)}>
            {visible(description)}
          </span>
        </p>
        <p className="text-xs text-ink-3 [overflow-wrap:anywhere]">
          <span className="tabular-nums">{duration(spent)}</span>
          {tool_uses > 0 && ` · ${plural(tool_uses, "tool call")}`}
          {told !== null && ` · ${visible(told)}`}
        </p>
      </div>
      {isRunning && (
        <Button
          size="small"
          onClick={() => void attempt("The task was not stopped", () => sessions.stopTask(sessionId, task_id))}
        >
          Stop
        </Button>
      )}
      <Outcome state={state} />
    </div>
  );
}
