import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { keys, templates } from "../api/resources";
import type { Effort, PermissionMode, Template, TemplateSettings } from "../api/types";
import { useAgents } from "../live/hooks";
import { DirectoryField } from "../sessions/directory-field";
import { EFFORTS } from "../sessions/efforts";
import { PERMISSION_MODES } from "../sessions/permission-modes";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Choice } from "../ui/choice";
import { Dialog, DialogBody, DialogFooter } from "../ui/dialog";
import { Field, TextArea } from "../ui/field";
import { tell } from "../ui/toast";

const LATER = "later";

/** What is edited: a template that is there, or one to be made. */
export interface Edited {
  template?: Template;
  settings: TemplateSettings;
}

/** Make a template, or change one. */
export function TemplateDialog({
  projectId,
  edited,
  onClose,
}: {
  projectId: string;
  edited: Edited | null;
  onClose: () => void;
}) {
  return (
    <Dialog
      title={edited?.template === undefined ? "New template" : "Edit template"}
      description="What is left empty is chosen when a session starts from it."
      isOpen={edited !== null}
      onClose={onClose}
      isWide
    >
      {edited !== null && <TemplateForm projectId={projectId} edited={edited} onClose={onClose} />}
    </Dialog>
  );
}

function TemplateForm({ projectId, edited, onClose }: { projectId: string; edited: Edited; onClose: () => void }) {
  const client = useQueryClient();
  const { template } = edited;
  const [name, setName] = useState(template?.name ?? "");
  const [settings, setSettings] = useState(edited.settings);
  const agents = useAgents().filter(({ project_id }) => project_id === projectId);
  const action = useAction(["name", "prompt", "directory", "model", "agent_id"]);
  const change = (changes: Partial<TemplateSettings>) => setSettings({ ...settings, ...changes });
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = {
      ...settings,
      name: name.trim(),
      prompt: settings.prompt?.trim() || null,
      directory: settings.directory?.trim() || null,
      model: settings.model?.trim() || null,
    };
    const isDone = await action.run(async () => {
      if (template === undefined) await templates.create(projectId, wanted);
      else await templates.change(projectId, template.id, wanted);
      await client.invalidateQueries({ queryKey: keys.templates });
    });
    if (!isDone) return;
    tell(`The template ${wanted.name} is saved.`);
    onClose();
  };
  return (
    <form onSubmit={save} className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        <Field
          label="Name"
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.target.value)}
          placeholder="Fix an issue"
          autoComplete="off"
          error={action.fieldError("name")}
          required
        />
        <TextArea
          label="Prompt"
          value={settings.prompt ?? ""}
          rows={4}
          maxLength={10_000}
          onChange={(event) => change({ prompt: event.target.value })}
          placeholder="Fix issue {number}, then open a pull request."
          hint={"{number} and the like are filled in when one starts; write {{number}} for the braces themselves."}
          error={action.fieldError("prompt")}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Choice
            label="Agent"
            value={settings.agent_id ?? LATER}
            onChange={(id) => change({ agent_id: id === LATER ? null : id })}
            options={[{ value: LATER, label: "Any" }, ...agents.map(({ id, name }) => ({ value: id, label: name }))]}
          />
          <DirectoryField
            agent={agents.find(({ id }) => id === settings.agent_id) ?? null}
            value={settings.directory ?? ""}
            onChange={(directory) => change({ directory })}
            error={action.fieldError("directory")}
          />
        </div>
        <div className="grid gap-4 sm:grid-cols-3">
          <Choice
            label="Permissions"
            value={settings.permission_mode ?? LATER}
            onChange={(mode) => change({ permission_mode: mode === LATER ? null : mode })}
            options={[
              { value: LATER, label: "As chosen then" },
              ...(Object.keys(PERMISSION_MODES) as PermissionMode[]).map((value) => ({
                value,
                ...PERMISSION_MODES[value],
              })),
            ]}
          />
          <Choice
            label="Effort"
            value={settings.effort ?? LATER}
            onChange={(effort) => change({ effort: effort === LATER ? null : effort })}
            options={[
              { value: LATER, label: "As chosen then" },
              ...(Object.keys(EFFORTS) as Effort[]).map((value) => ({ value, label: EFFORTS[value] })),
            ]}
          />
          <Field
            label="Model"
            placeholder="As chosen then"
            value={settings.model ?? ""}
            onChange={(event) => change({ model: event.target.value })}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            error={action.fieldError("model")}
          />
        </div>
        {(action.error ?? action.fieldError("agent_id")) !== undefined && (
          <p role="alert" className="text-sm text-bad">
            {action.error ?? action.fieldError("agent_id")}
          </p>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" isBusy={action.isBusy} disabled={name.trim() === ""}>
          Save template
        </Button>
      </DialogFooter>
    </form>
  );
}
