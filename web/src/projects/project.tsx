import { Tabs } from "@base-ui/react/tabs";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { explain } from "../api/http";
import { projectsQuery } from "../api/resources";
import { TopBar } from "../shell/shell";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Failure, Skeleton } from "../ui/empty";
import { useTitle } from "../ui/title";
import { ProjectAgents } from "./agents";
import { ProjectPeople } from "./people";
import { ProjectSchedules } from "./schedules";
import { ProjectSettings } from "./settings";

export type ProjectTab = "agents" | "schedules" | "people" | "settings";

const route = getRouteApi("/shell/projects/$projectId");

/** One project: its agents, its schedules, its people, its name. */
export function ProjectView() {
  const { projectId } = route.useParams();
  const { tab = "agents" } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: projects, error, refetch } = useQuery(projectsQuery);
  const project = projects?.find(({ id }) => id === projectId);
  useTitle(project?.name ?? "Project");
  if (project === undefined)
    return (
      <>
        <TopBar title="Project" />
        {projects === undefined && error === null ? (
          <Skeleton />
        ) : (
          <Failure
            title={error === null ? "There is no such project" : "The project could not be loaded"}
            message={error === null ? "It was deleted, or you are not a member of it." : explain(error)}
            action={error !== null && <Button onClick={() => void refetch()}>Try again</Button>}
          />
        )}
      </>
    );
  return (
    <>
      <TopBar title={project.name}>
        <Badge title="Your role in this project">{project.role}</Badge>
      </TopBar>
      <Tabs.Root
        value={tab}
        onValueChange={(next: ProjectTab) =>
          void navigate({ search: next === "agents" ? {} : { tab: next }, replace: true })
        }
        className="flex min-h-0 flex-1 flex-col"
      >
        <Tabs.List className="flex shrink-0 gap-1 border-b border-line px-2 md:px-4">
          <Tab value="agents">Agents</Tab>
          <Tab value="schedules">Schedules</Tab>
          <Tab value="people">People</Tab>
          <Tab value="settings">Settings</Tab>
        </Tabs.List>
        <div className="thin-scroll min-h-0 flex-1 overflow-y-auto">
          <Tabs.Panel value="agents">
            <ProjectAgents project={project} />
          </Tabs.Panel>
          <Tabs.Panel value="schedules">
            <ProjectSchedules project={project} />
          </Tabs.Panel>
          <Tabs.Panel value="people">
            <ProjectPeople project={project} />
          </Tabs.Panel>
          <Tabs.Panel value="settings">
            <ProjectSettings project={project} />
          </Tabs.Panel>
        </div>
      </Tabs.Root>
    </>
  );
}

function Tab({ value, children }: { value: ProjectTab; children: string }) {
  return (
    <Tabs.Tab
      value={value}
      className="relative h-10 px-2.5 text-sm text-ink-2 -outline-offset-4 hover:text-ink data-active:font-medium data-active:text-ink data-active:after:absolute data-active:after:inset-x-2 data-active:after:bottom-0 data-active:after:h-0.5 data-active:after:rounded-full data-active:after:bg-ink"
    >
      {children}
    </Tabs.Tab>
  );
}
