import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LayoutTemplate, Plus } from "lucide-react";
import { useState } from "react";
import { keys, templates, templatesQuery } from "../api/resources";
import type { Project, Template, TemplateSettings } from "../api/types";
import { Button } from "../ui/button";
import { Confirm } from "../ui/dialog";
import { visible } from "../ui/visible";
import { type Edited, TemplateDialog } from "./template-form";

const EMPTY: TemplateSettings = {
  prompt: null,
  agent_id: null,
  directory: null,
  model: null,
  permission_mode: null,
  effort: null,
};

/** What sessions of the project are started from, for all who start them. */
export function ProjectTemplates({ project }: { project: Project }) {
  const client = useQueryClient();
  const { data } = useQuery(templatesQuery);
  const [edited, setEdited] = useState<Edited | null>(null);
  const [removing, setRemoving] = useState<Template | null>(null);
  const found = data?.filter(({ project_id }) => project_id === project.id) ?? [];
  return (
    <section aria-label="Templates">
      <div className="mb-3 flex items-start gap-3">
        <div className="flex-1">
          <h2 className="text-sm font-semibold">Templates</h2>
          <p className="text-sm text-ink-2">
            A prompt, a directory, a model under a name, for all who start sessions in this project.
          </p>
        </div>
        <Button icon={<Plus aria-hidden className="size-4" />} onClick={() => setEdited({ settings: EMPTY })}>
          New template
        </Button>
      </div>
      {found.length > 0 && (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
          {found.map((template) => (
            <li key={template.id} className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5">
              <LayoutTemplate aria-hidden className="size-4 shrink-0 text-ink-3" />
              <span className="min-w-0 flex-1 basis-40">
                <span className="block truncate font-medium">{visible(template.name)}</span>
                <span className="block truncate text-xs text-ink-3">{visible(template.prompt ?? "No prompt")}</span>
              </span>
              <span className="flex gap-2">
                <Button
                  size="small"
                  aria-label={`Edit ${template.name}`}
                  onClick={() => setEdited({ template, settings: settingsOf(template) })}
                >
                  Edit
                </Button>
                <Button
                  size="small"
                  look="danger"
                  aria-label={`Remove ${template.name}`}
                  onClick={() => setRemoving(template)}
                >
                  Remove
                </Button>
              </span>
            </li>
          ))}
        </ul>
      )}
      <TemplateDialog projectId={project.id} edited={edited} onClose={() => setEdited(null)} />
      <Confirm
        title={`Remove the template ${removing?.name ?? ""}?`}
        action="Remove template"
        isOpen={removing !== null}
        onClose={() => setRemoving(null)}
        onConfirm={async () => {
          if (removing) await templates.remove(project.id, removing.id);
          await client.invalidateQueries({ queryKey: keys.templates });
        }}
      >
        Nobody can start from it any more. Sessions that were started from it stay as they are.
      </Confirm>
    </section>
  );
}

function settingsOf({ prompt, agent_id, directory, model, permission_mode, effort }: Template): TemplateSettings {
  return { prompt, agent_id, directory, model, permission_mode, effort };
}
