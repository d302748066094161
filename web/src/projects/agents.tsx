import { useQueryClient } from "@tanstack/react-query";
import { Plus, ServerCog } from "lucide-react";
import { useState } from "react";
import { agents as agentsApi, keys } from "../api/resources";
import type { AgentWithToken, Project } from "../api/types";
import { useAgents, useLive } from "../live/hooks";
import { Button } from "../ui/button";
import { Empty } from "../ui/empty";
import { NameDialog } from "../ui/form-dialog";
import { AgentCard } from "./agent-card";
import { TokenDialog } from "./token-dialog";

/** The machines of a project. */
export function ProjectAgents({ project }: { project: Project }) {
  const agents = useAgents().filter(({ project_id }) => project_id === project.id);
  const { store } = useLive();
  const client = useQueryClient();
  const [isCreating, setCreating] = useState(false);
  const [created, setCreated] = useState<AgentWithToken | null>(null);
  const mayChange = project.role === "owner";
  const create = mayChange && (
    <Button look="primary" icon={<Plus aria-hidden className="size-4" />} onClick={() => setCreating(true)}>
      New agent
    </Button>
  );
  return (
    <div className="mx-auto w-full max-w-5xl px-3 py-4 md:px-5">
      {agents.length > 0 && (
        <div className="mb-3 flex items-center gap-3">
          <p className="flex-1 text-sm text-ink-2">An agent runs Claude on one machine and connects outward to here.</p>
          {create}
        </div>
      )}
      {agents.length === 0 && (
        <Empty icon={<ServerCog aria-hidden />} title="No agent yet" action={create}>
          {mayChange
            ? "An agent is the small program that runs Claude on a machine of yours. Create one here, and start it there with the command you get."
            : "An owner of this project can create one."}
        </Empty>
      )}
      <ul className="flex flex-col gap-3">
        {agents.map((agent) => (
          <AgentCard key={agent.id} agent={agent} project={project} onToken={setCreated} />
        ))}
      </ul>
      <NameDialog
        title="New agent"
        description="Name it after the machine it will run on."
        label="Name"
        field="name"
        action="Create agent"
        placeholder="laptop"
        isOpen={isCreating}
        onClose={() => setCreating(false)}
        onSubmit={async (name) => {
          const answer = await agentsApi.create(project.id, name);
          store.putAgent(answer.agent);
          setCreated(answer);
          void client.invalidateQueries({ queryKey: keys.projects });
        }}
      />
      <TokenDialog created={created} onClose={() => setCreated(null)} />
    </div>
  );
}
