import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CalendarClock, Plus } from "lucide-react";
import { useState } from "react";
import { explain } from "../api/http";
import { keys, schedules as schedulesApi, schedulesQuery } from "../api/resources";
import type { Project, Schedule } from "../api/types";
import { useAgents } from "../live/hooks";
import { Button } from "../ui/button";
import { Confirm, Dialog } from "../ui/dialog";
import { Empty, Failure, Skeleton } from "../ui/empty";
import { visible } from "../ui/visible";
import { ScheduleForm } from "./schedule-form";
import { ScheduleRow } from "./schedule-row";

/** Sessions that start by themselves, at given times. */
export function ProjectSchedules({ project }: { project: Project }) {
  const client = useQueryClient();
  const { data: found, error } = useQuery(schedulesQuery(project.id));
  const agents = useAgents().filter(({ project_id }) => project_id === project.id);
  const [edited, setEdited] = useState<Schedule | "new" | null>(null);
  const [removing, setRemoving] = useState<Schedule | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: keys.schedules(project.id) });
  const mayChange = project.role !== "viewer";
  const create = mayChange && agents.length > 0 && (
    <Button look="primary" icon={<Plus aria-hidden className="size-4" />} onClick={() => setEdited("new")}>
      New schedule
    </Button>
  );
  if (found === undefined)
    return error === null ? (
      <Skeleton />
    ) : (
      <Failure title="The schedules could not be loaded" message={explain(error)} />
    );
  return (
    <div className="mx-auto w-full max-w-5xl px-3 py-4 md:px-5">
      {found.length === 0 ? (
        <Empty icon={<CalendarClock aria-hidden />} title="No schedule yet" action={create}>
          A schedule starts a session at given times: a look at what changed each morning, a clean-up each Sunday.
          {agents.length === 0 && " Create an agent first, on which they run."}
        </Empty>
      ) : (
        <>
          <div className="mb-3 flex items-center gap-3">
            <p className="flex-1 text-sm text-ink-2">A schedule starts a session at given times.</p>
            {create}
          </div>
          <ul aria-label="Schedules" className="flex flex-col gap-3">
            {found.map((schedule) => (
              <ScheduleRow
                key={schedule.id}
                schedule={schedule}
                mayChange={mayChange}
                onEdit={() => setEdited(schedule)}
                onRemove={() => setRemoving(schedule)}
                onChanged={refresh}
              />
            ))}
          </ul>
        </>
      )}
      <Dialog
        title={edited === "new" || edited === null ? "New schedule" : `Change ${visible(edited.name)}`}
        isOpen={edited !== null}
        onClose={() => setEdited(null)}
        isWide
      >
        <ScheduleForm
          projectId={project.id}
          agents={agents}
          before={edited === "new" ? null : edited}
          onClose={() => setEdited(null)}
          onSaved={refresh}
        />
      </Dialog>
      <Confirm
        title={`Remove the schedule ${visible(removing?.name ?? "")}?`}
        action="Remove schedule"
        isOpen={removing !== null}
        onClose={() => setRemoving(null)}
        onConfirm={async () => {
          if (removing) await schedulesApi.remove(project.id, removing.id);
          await refresh();
        }}
      >
        It starts nothing any more, and its history goes with it. Its sessions stay.
      </Confirm>
    </div>
  );
}
