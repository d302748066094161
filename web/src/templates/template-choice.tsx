import type { Project, Template } from "../api/types";
import { Choice } from "../ui/choice";
import { visible } from "../ui/visible";

const NONE = "none";

interface TemplateChoiceProps {
  templates: readonly Template[];
  /** Named beside each template where there are several. */
  projects: ReadonlyMap<string, Project>;
  chosen: Template | null;
  onChoose: (template: Template | null) => void;
}

/** What a session is started from; nothing where there is no template. */
export function TemplateChoice({ templates, projects, chosen, onChoose }: TemplateChoiceProps) {
  if (templates.length === 0) return null;
  return (
    <Choice
      label="Template"
      value={chosen?.id ?? NONE}
      onChange={(id) => onChoose(templates.find((template) => template.id === id) ?? null)}
      options={[
        { value: NONE, label: "None" },
        ...templates.map(({ id, name, prompt, project_id }) => ({
          value: id,
          label: visible(projects.size > 1 ? `${name} · ${projects.get(project_id)?.name}` : name),
          description: prompt === null ? undefined : beginning(visible(prompt)),
        })),
      ]}
    />
  );
}

function beginning(text: string): string {
  return text.length <= 90 ? text : `${text.slice(0, 90)}…`;
}
