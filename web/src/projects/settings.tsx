import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { keys, projects } from "../api/resources";
import type { Project } from "../api/types";
import { ProjectTemplates } from "../templates/project-templates";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Confirm } from "../ui/dialog";
import { Field } from "../ui/field";
import { tell } from "../ui/toast";
import { ProjectBudgets } from "./budgets";
import { Retention } from "./retention";
import { Webhooks } from "./webhooks";

export function ProjectSettings({ project }: { project: Project }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(project.name);
  const [isDeleting, setDeleting] = useState(false);
  const action = useAction(["name"]);
  const isOwner = project.role === "owner";
  const rename = async (event: FormEvent) => {
    event.preventDefault();
    const isDone = await action.run(async () => {
      await projects.rename(project.id, name.trim());
      await client.invalidateQueries({ queryKey: keys.projects });
    });
    if (isDone) tell("The project is renamed.");
  };
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-8 px-3 py-5 md:px-5">
      <form onSubmit={rename} className="flex flex-col items-start gap-3">
        <Field
          label="Name"
          className="w-full max-w-sm"
          value={name}
          maxLength={200}
          disabled={!isOwner}
          onChange={(event) => setName(event.target.value)}
          error={action.fieldError("name") ?? action.error}
          hint={isOwner ? undefined : "Only an owner can change it."}
          required
        />
        {isOwner && (
          <Button type="submit" isBusy={action.isBusy} disabled={name.trim() === "" || name.trim() === project.name}>
            Rename
          </Button>
        )}
      </form>
      {project.role !== "viewer" && <ProjectTemplates project={project} />}
      <ProjectBudgets project={project} />
      <Retention project={project} />
      {isOwner && <Webhooks project={project} />}
      {isOwner && (
        <section className="rounded-xl border border-bad-line p-4">
          <h2 className="text-sm font-semibold">Delete this project</h2>
          <p className="mt-1 mb-3 text-sm text-ink-2">
            Its agents, sessions and their whole record are deleted. End its running sessions first.
          </p>
          <Button look="danger" onClick={() => setDeleting(true)}>
            Delete project
          </Button>
        </section>
      )}
      <Confirm
        title={`Delete ${project.name}?`}
        action="Delete project"
        isOpen={isDeleting}
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          await projects.delete(project.id);
          await client.invalidateQueries();
          await navigate({ to: "/projects" });
          tell(`${project.name} is deleted.`);
        }}
      >
        All of its agents, sessions and transcripts go with it. This cannot be undone.
      </Confirm>
    </div>
  );
}
