import { useQuery } from "@tanstack/react-query";
import { memo, useCallback, useMemo } from "react";
import { projectsQuery, serverQuery } from "../api/resources";
import type { Agent } from "../api/types";
import { useAgents } from "../live/hooks";
import { Empty } from "../ui/empty";
import { count } from "../ui/format";
import { MachineRow, machineHeightPx } from "./machine-row";
import { byNeed } from "./machines";
import { Rows } from "./rows";
import type { OverviewSearch } from "./search";

/** The machines, those that need somebody first. The chosen one stays however the sessions are filtered. */
export const Machines = memo(function Machines({
  search,
  onChange,
}: {
  search: OverviewSearch;
  onChange: (changes: OverviewSearch) => void;
}) {
  const agents = useAgents();
  const { data: projects } = useQuery(projectsQuery);
  const { data: server } = useQuery(serverQuery);
  const choose = useCallback((agent: string | undefined) => onChange({ agent, view: undefined }), [onChange]);
  const shown = useMemo(
    () => agents.filter((agent) => isMachineLookedFor(agent, search)).sort(byNeed),
    [agents, search],
  );
  const online = agents.filter((agent) => agent.online).length;
  if (shown.length === 0) return <Empty title={agents.length === 0 ? "No machine yet" : "No machine matches"} />;
  return (
    <>
      <h2 className="shrink-0 border-b border-line px-4 pt-4 pb-1.5 text-xs font-medium text-ink-3 max-xl:hidden">
        Machines <span className="tabular-nums">{`${count(online)} of ${count(agents.length)} online`}</span>
      </h2>
      <Rows label="Machines" rows={shown} keyOf={idOf} heightPxOf={machineHeightPx}>
        {(agent) => {
          const project = projects?.find(({ id }) => id === agent.project_id);
          return (
            <MachineRow
              agent={agent}
              projectName={project?.name ?? ""}
              serverVersion={server?.version ?? ""}
              mayStart={project !== undefined && project.role !== "viewer"}
              isChosen={search.agent === agent.id}
              onChoose={choose}
            />
          );
        }}
      </Rows>
    </>
  );
});

const idOf = ({ id }: Agent) => id;

/** A text that sessions are looked for with narrows the machines only where it names some. */
function isMachineLookedFor(agent: Agent, { project, text }: OverviewSearch): boolean {
  if (project !== undefined && agent.project_id !== project) return false;
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  return agent.name.toLowerCase().includes(wanted) || !!agent.machine?.hostname.toLowerCase().includes(wanted);
}
