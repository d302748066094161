import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { projects, retentionPreviewQuery, retentionQuery } from "../api/resources";
import type { Retention as Kept, Project } from "../api/types";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { bytes, plural } from "../ui/format";
import { tell } from "../ui/toast";

const MEGABYTE = 1024 * 1024; // as sizes are shown

/** How long and how much of its sessions' output a project keeps. */
export function Retention({ project }: { project: Project }) {
  const { data: kept } = useQuery(retentionQuery(project.id));
  if (kept === undefined) return null;
  return <Form key={`${kept.keep_days} ${kept.keep_bytes}`} project={project} kept={kept} />;
}

function Form({ project, kept }: { project: Project; kept: Kept }) {
  const client = useQueryClient();
  const action = useAction(["keep_days", "keep_bytes"]);
  const [days, setDays] = useState(kept.keep_days?.toString() ?? "");
  const [megabytes, setMegabytes] = useState(kept.keep_bytes === null ? "" : `${kept.keep_bytes / MEGABYTE}`);
  const isOwner = project.role === "owner";
  const wanted = {
    keep_days: days === "" ? null : Number(days),
    keep_bytes: megabytes === "" ? null : Math.round(Number(megabytes) * MEGABYTE),
  };
  const isChanged = wanted.keep_days !== kept.keep_days || wanted.keep_bytes !== kept.keep_bytes;
  const { data: going } = useQuery({ ...retentionPreviewQuery(project.id, wanted), enabled: isOwner && isChanged });
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const isDone = await action.run(async () => {
      const now = await projects.setRetention(project.id, wanted);
      client.setQueryData(retentionQuery(project.id).queryKey, now);
    });
    if (isDone) tell("What the project keeps is saved.");
  };
  return (
    <form onSubmit={save} className="flex flex-col items-start gap-3" aria-label="Kept output">
      <div>
        <h2 className="text-sm font-semibold">Kept output</h2>
        <p className="mt-1 text-sm text-ink-2">
          {bytes(kept.stored.bytes)} of {plural(kept.stored.sessions, "session")} are stored. What is not kept is
          removed a day after a session has ended at the earliest; its title, times and cost stay, and a signed
          tombstone with which its record still verifies.
        </p>
        {kept.unremovable > 0 && (
          <p className="mt-1 text-sm text-bad">
            The output of {plural(kept.unremovable, "session")} was due and stays: the record does not hold. Verify it
            in the session&apos;s details.
          </p>
        )}
      </div>
      <div className="grid w-full max-w-sm grid-cols-2 gap-3">
        <Field
          label="Days"
          type="number"
          inputMode="numeric"
          min={1}
          max={36_500}
          placeholder="any"
          value={days}
          disabled={!isOwner}
          onChange={(event) => setDays(event.target.value)}
          error={action.fieldError("keep_days")}
        />
        <Field
          label="Megabytes in all"
          type="number"
          inputMode="decimal"
          min={0}
          step="any"
          placeholder="any"
          value={megabytes}
          disabled={!isOwner}
          onChange={(event) => setMegabytes(event.target.value)}
          error={action.fieldError("keep_bytes")}
        />
      </div>
      {action.error !== undefined && (
        <p role="alert" className="text-xs text-bad">
          {action.error}
        </p>
      )}
      {isOwner && (
        <>
          <p role="status" className="text-xs text-ink-3">
            {isChanged && going !== undefined && consequence(going)}
          </p>
          <Button type="submit" isBusy={action.isBusy} disabled={!isChanged}>
            Save
          </Button>
        </>
      )}
    </form>
  );
}

function consequence(going: Kept["due"]): string {
  if (going.sessions === 0) return "Nothing goes at once.";
  return `The output of ${plural(going.sessions, "session")} goes within the hour: ${bytes(going.bytes)}. This cannot be undone.`;
}
