import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { keys, projects } from "../api/resources";
import { NameDialog } from "../ui/form-dialog";

export function CreateProject({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return (
    <NameDialog
      title="New project"
      description="A project holds agents, sessions and the people who may use them."
      label="Name"
      field="name"
      action="Create project"
      placeholder="Home"
      isOpen={isOpen}
      onClose={onClose}
      onSubmit={async (name) => {
        const project = await projects.create(name);
        await client.invalidateQueries({ queryKey: keys.projects });
        await navigate({ to: "/projects/$projectId", params: { projectId: project.id } });
      }}
    />
  );
}
