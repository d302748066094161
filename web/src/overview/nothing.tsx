import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LayoutList, Plus } from "lucide-react";
import { projectsQuery } from "../api/resources";
import { useAgents } from "../live/hooks";
import { useStartSession } from "../sessions/start-session";
import { Button, buttonClass } from "../ui/button";
import { Empty } from "../ui/empty";
import type { OverviewSearch } from "./search";

const ICON = <LayoutList aria-hidden />;
const NO_MATCH = { title: "No session matches", text: "Change the filters above." };
const NOTHING: Partial<Record<NonNullable<OverviewSearch["state"]>, typeof NO_MATCH>> = {
  waiting: {
    title: "Nothing waits for you",
    text: "Permission requests and questions of all sessions appear here.",
  },
  archived: {
    title: "Nothing is archived",
    text: "Archive an ended session from its menu to have it out of the way. Its transcript and record stay.",
  },
};

/** What stands where no session is: why, and what to do next. */
export function NothingHere({ search }: { search: OverviewSearch }) {
  const start = useStartSession();
  const agents = useAgents();
  const { data: projects } = useQuery(projectsQuery);
  const { view, ...filters } = search;
  if (Object.values(filters).some((value) => value !== undefined)) {
    const { title, text } = (search.state && NOTHING[search.state]) ?? NO_MATCH;
    return (
      <Empty
        icon={ICON}
        title={title}
        action={
          <Link to="/" search={{}} className={buttonClass()}>
            Show all sessions
          </Link>
        }
      >
        {text}
      </Empty>
    );
  }
  if (projects !== undefined && agents.length === 0)
    return (
      <Empty
        icon={ICON}
        title={projects.length === 0 ? "Welcome to ClaudiOS" : "No agent yet"}
        action={
          <Link to="/projects" className={buttonClass("primary")}>
            {projects.length === 0 ? "Create a project" : "Create an agent"}
          </Link>
        }
      >
        {projects.length === 0
          ? "Begin with a project: it holds agents, the machines Claude runs on, and the people who may use them."
          : "An agent is the small program that runs Claude on a machine of yours. Create one in a project, start it there, and sessions can begin."}
      </Empty>
    );
  return (
    <Empty
      icon={ICON}
      title="No session yet"
      action={
        <Button look="primary" icon={<Plus aria-hidden className="size-4" />} onClick={() => start({})}>
          New session
        </Button>
      }
    >
      A session is one Claude at work in one directory. Start one, watch it, and come back to it from any device.
    </Empty>
  );
}
