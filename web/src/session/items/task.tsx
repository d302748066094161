import { Bot, SquareTerminal } from "lucide-react";
import type { TaskItem } from "../../api/types";
import { useSession } from "../../live/hooks";
import { duration, plural } from "../../ui/format";
import { useNow } from "../../ui/time";
import { visible } from "../../ui/visible";
import { StopTask } from "../stop-task";
import { Outcome } from "./tool";

/** Something that runs beside the conversation: what, since when, what it does now, how it ended; and a way to stop it. */
export function Task({ item, sessionId }: { item: TaskItem; sessionId: string }) {
  const { type, description, state, progress, tool_uses, summary, ended_ms, task_id } = item.body;
  const isRunning = state === "running";
  const isKnown = useSession(sessionId) !== undefined; // a visitor, who may stop nothing, knows no session
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
      {isRunning && isKnown && <StopTask sessionId={sessionId} taskId={task_id} />}
      <Outcome state={state} />
    </div>
  );
}
