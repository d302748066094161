import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, Folder, Plus } from "lucide-react";
import { useState } from "react";
import { explain } from "../api/http";
import { projectsQuery } from "../api/resources";
import { useAgents } from "../live/hooks";
import { TopBar } from "../shell/shell";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Empty, Failure, Skeleton } from "../ui/empty";
import { plural } from "../ui/format";
import { useTitle } from "../ui/title";
import { CreateProject } from "./create-project";

export function ProjectList() {
  useTitle("Projects");
  const { data: projects, error, refetch } = useQuery(projectsQuery);
  const agents = useAgents();
  const [isCreating, setCreating] = useState(false);
  const create = (
    <Button look="primary" icon={<Plus aria-hidden className="size-4" />} onClick={() => setCreating(true)}>
      New project
    </Button>
  );
  return (
    <>
      <TopBar title="Projects">{projects !== undefined && projects.length > 0 && create}</TopBar>
      <div className="thin-scroll min-h-0 flex-1 overflow-y-auto">
        {projects === undefined && error === null && <Skeleton />}
        {error !== null && (
          <Failure
            title="The projects could not be loaded"
            message={explain(error)}
            action={<Button onClick={() => void refetch()}>Try again</Button>}
          />
        )}
        {projects?.length === 0 && (
          <Empty icon={<Folder aria-hidden />} title="No project yet" action={create}>
            A project holds agents, which are the machines Claude runs on, their sessions, and the people who may use
            them.
          </Empty>
        )}
        <ul>
          {projects?.map((project) => {
            const online = agents.filter((agent) => agent.project_id === project.id && agent.online).length;
            return (
              <li key={project.id} className="border-b border-line">
                <Link
                  to="/projects/$projectId"
                  params={{ projectId: project.id }}
                  className="flex items-center gap-3 px-3 py-3 -outline-offset-2 hover:bg-hover/60 md:px-5"
                >
                  <Folder aria-hidden className="size-4 shrink-0 text-ink-3" />
                  <span className="min-w-0 flex-1">
                    <span className="block truncate font-medium">{project.name}</span>
                    <span className="block truncate text-xs text-ink-3">
                      {plural(project.agents, "agent")}, {online} online · {plural(project.sessions, "session")}
                    </span>
                  </span>
                  <Badge>{project.role}</Badge>
                  <ChevronRight aria-hidden className="size-4 text-ink-3" />
                </Link>
              </li>
            );
          })}
        </ul>
      </div>
      <CreateProject isOpen={isCreating} onClose={() => setCreating(false)} />
    </>
  );
}
