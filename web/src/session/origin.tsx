import { Link } from "@tanstack/react-router";
import { CalendarClock, GitFork, Import } from "lucide-react";
import type { ReactNode } from "react";
import type { Session } from "../api/types";
import { visible } from "../ui/visible";

/** Where a session comes from: a schedule, a conversation of before, or a session whose conversation does not stand here. */
export function Origin({ session }: { session: Session }) {
  const { forked_from, forked_title, imported_from, schedule_id, schedule_name, project_id } = session;
  if (schedule_id !== null)
    return (
      <Line icon={<CalendarClock aria-hidden />}>
        {schedule_name === null ? (
          <span>Started by a schedule that was removed.</span>
        ) : (
          <span className="flex min-w-0 gap-1">
            <span className="shrink-0">Started by the schedule</span>
            <Link
              to="/projects/$projectId"
              params={{ projectId: project_id }}
              search={{ tab: "schedules" }}
              className="truncate font-medium text-ink underline underline-offset-2"
            >
              {visible(schedule_name)}
            </Link>
          </span>
        )}
      </Line>
    );
  if (imported_from)
    return (
      <Line icon={<Import aria-hidden />}>
        <span>Goes on with a conversation that was held on this machine.</span>
      </Line>
    );
  if (forked_from === null) return null;
  return (
    <Line icon={<GitFork aria-hidden />}>
      {forked_title === null ? (
        <span>Forked from a session that was deleted. Claude knows what was said there.</span>
      ) : (
        <span className="flex min-w-0 gap-1">
          <span className="shrink-0">Forked from</span>
          <Link
            to="/sessions/$sessionId"
            params={{ sessionId: forked_from }}
            title="Claude knows what was said there up to the fork."
            className="truncate font-medium text-ink underline underline-offset-2"
          >
            {visible(forked_title.trim()) || "Untitled session"}
          </Link>
        </span>
      )}
    </Line>
  );
}

function Line({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <p className="flex shrink-0 items-center justify-center gap-1.5 border-b border-line bg-sunken px-4 py-1.5 text-xs text-ink-2 [&_svg]:size-3.5 [&_svg]:shrink-0 [&_svg]:text-ink-3">
      {icon}
      {children}
    </p>
  );
}
