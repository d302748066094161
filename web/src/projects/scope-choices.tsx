import { useQuery } from "@tanstack/react-query";
import { memo } from "react";
import { projectsQuery } from "../api/resources";
import { useAgents } from "../live/hooks";
import { Choice } from "../ui/choice";

/** The project, and of its agents the one, that a view is about; undefined is all. */
export interface Scope {
  project?: string | undefined;
  agent?: string | undefined;
}

interface ScopeChoicesProps extends Scope {
  onChange: (changes: Scope) => void;
}

/** Choose them. With another project the agent is open again. Drawn for its own changes: there may be many agents. */
export const ScopeChoices = memo(function ScopeChoices({ project, agent, onChange }: ScopeChoicesProps) {
  const { data: projects = [] } = useQuery(projectsQuery);
  const agents = useAgents().filter(({ project_id }) => project === undefined || project_id === project);
  return (
    <>
      <Choice
        isCompact
        label="Project"
        value={project ?? "all"}
        options={[{ value: "all", label: "All projects" }, ...projects.map(optionOf)]}
        onChange={(id) => onChange({ project: id === "all" ? undefined : id, agent: undefined })}
      />
      <Choice
        isCompact
        label="Agent"
        value={agent ?? "all"}
        options={[{ value: "all", label: "All agents" }, ...agents.map(optionOf)]}
        onChange={(id) => onChange({ agent: id === "all" ? undefined : id })}
      />
    </>
  );
});

const optionOf = ({ id, name }: { id: string; name: string }) => ({ value: id, label: name });
