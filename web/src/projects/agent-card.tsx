import { Link } from "@tanstack/react-router";
import { Ban, Ellipsis, KeyRound, Pencil, Play, Trash2, Unplug } from "lucide-react";
import { useState } from "react";
import { agents } from "../api/resources";
import type { Agent, AgentWithToken, Project } from "../api/types";
import { useLive } from "../live/hooks";
import { useStartSession } from "../sessions/start-session";
import { Badge, DEMO_MEANING, DemoBadge } from "../ui/badge";
import { Button, IconButton } from "../ui/button";
import { Confirm } from "../ui/dialog";
import { NameDialog } from "../ui/form-dialog";
import { bytes, plural } from "../ui/format";
import { Menu, MenuItem, MenuLine } from "../ui/menu";
import { Ago } from "../ui/time";
import { tell } from "../ui/toast";
import { AgentErrors } from "./agent-errors";
import { OnlineDot } from "./online-dot";

type Asking = "rename" | "rotate" | "revoke" | "delete" | "gone" | null;

/** One agent: where it runs, how that machine is, and what can be done with it. */
export function AgentCard({
  agent,
  project,
  onToken,
}: {
  agent: Agent;
  project: Project;
  onToken: (created: AgentWithToken) => void;
}) {
  const start = useStartSession();
  const [asking, setAsking] = useState<Asking>(null);
  const mayStart = project.role !== "viewer";
  return (
    <li className="rounded-xl border border-line bg-surface">
      <div className="flex items-center gap-3 px-4 pt-3">
        <OnlineDot isOnline={agent.online} />
        <h2 className="min-w-0 truncate font-semibold">{agent.name}</h2>
        {agent.demo && <DemoBadge />}
        {agent.keys.length === 0 && <Badge tone="bad">revoked</Badge>}
        <span className="min-w-0 flex-1 truncate text-xs text-ink-3">
          {agent.online ? (
            <>
              online
              {agent.carrier && (
                <span className="max-sm:hidden"> by {agent.carrier === "poll" ? "polling" : "WebSocket"}</span>
              )}
            </>
          ) : agent.last_seen_ms === null ? (
            "never connected"
          ) : (
            <>
              offline, last seen <Ago ms={agent.last_seen_ms} inWords />
            </>
          )}
        </span>
        {mayStart && (
          <Button
            size="small"
            icon={<Play aria-hidden className="size-3.5" />}
            aria-label={`New session on ${agent.name}`}
            onClick={() => start({ projectId: project.id, agentId: agent.id })}
          >
            <span className="max-sm:hidden">New session</span>
          </Button>
        )}
        {project.role === "owner" && (
          <Menu
            trigger={
              <IconButton label={`Actions for ${agent.name}`} className="-mr-1.5">
                <Ellipsis aria-hidden />
              </IconButton>
            }
          >
            <MenuItem icon={<Pencil aria-hidden />} onSelect={() => setAsking("rename")}>
              Rename
            </MenuItem>
            <MenuItem icon={<KeyRound aria-hidden />} onSelect={() => setAsking("rotate")}>
              New token
            </MenuItem>
            <MenuLine />
            <MenuItem isDanger icon={<Ban aria-hidden />} onSelect={() => setAsking("revoke")}>
              Revoke tokens
            </MenuItem>
            <MenuItem isDanger icon={<Trash2 aria-hidden />} onSelect={() => setAsking("delete")}>
              Delete
            </MenuItem>
            {!agent.online && (
              <MenuItem isDanger icon={<Unplug aria-hidden />} onSelect={() => setAsking("gone")}>
                Machine is gone for good
              </MenuItem>
            )}
          </Menu>
        )}
      </div>
      <Facts agent={agent} />
      <AgentErrors agent={agent} />
      <Questions agent={agent} asking={asking} onClose={() => setAsking(null)} onToken={onToken} />
    </li>
  );
}

function Facts({ agent }: { agent: Agent }) {
  const { machine, status } = agent;
  const facts: [string, React.ReactNode][] = [];
  if (machine !== null) {
    facts.push(["Machine", `${machine.hostname} · ${machine.os} ${machine.arch}`]);
    facts.push([
      "Claude",
      machine.claude_version === null
        ? "not found"
        : `${machine.claude_version}${machine.claude_signed_in === false ? " · not signed in" : ""}`,
    ]);
  }
  if (agent.agent_version !== null) facts.push(["Agent", agent.agent_version]);
  if (machine !== null && status !== null && agent.online) {
    facts.push(["Load", `${status.load.toFixed(2)} on ${plural(machine.cpus, "core")}`]);
    facts.push(["Memory", `${bytes(status.memory_used_bytes)} of ${bytes(machine.memory_bytes)}`]);
    facts.push(["Disk free", bytes(status.disk_free_bytes)]);
  }
  facts.push([
    "Sessions",
    <Link
      key="sessions"
      to="/"
      search={{ agent: agent.id, project: agent.project_id }}
      className="underline decoration-line-strong underline-offset-2 hover:decoration-ink"
    >
      {agent.sessions.running}
      {machine !== null && ` of ${machine.max_concurrent_sessions}`} running
      {agent.sessions.queued > 0 && `, ${agent.sessions.queued} queued`}
    </Link>,
  ]);
  return (
    <>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2.5 px-4 pt-3 pb-3.5 sm:grid-cols-4">
        {facts.map(([name, value]) => (
          <div key={name} className={name === "Machine" ? "col-span-2 min-w-0" : "min-w-0"}>
            <dt className="text-xs text-ink-3">{name}</dt>
            <dd className="truncate text-sm tabular-nums" title={typeof value === "string" ? value : undefined}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
      {agent.demo && <p className="border-t border-line px-4 py-2 text-xs text-ink-2">{DEMO_MEANING}</p>}
    </>
  );
}

function Questions({
  agent,
  asking,
  onClose,
  onToken,
}: {
  agent: Agent;
  asking: Asking;
  onClose: () => void;
  onToken: (created: AgentWithToken) => void;
}) {
  const { store } = useLive();
  return (
    <>
      <NameDialog
        title="Rename agent"
        label="Name"
        field="name"
        action="Rename"
        initial={agent.name}
        isOpen={asking === "rename"}
        onClose={onClose}
        onSubmit={async (name) => store.putAgent(await agents.rename(agent.id, name))}
      />
      <Confirm
        title={`Make a new token for ${agent.name}?`}
        action="Make a new token"
        isOpen={asking === "rotate"}
        onClose={onClose}
        onConfirm={async () => {
          const answer = await agents.rotateToken(agent.id);
          store.putAgent(answer.agent);
          onToken(answer);
        }}
      >
        The present token works for one more hour, so that the agent can change over without a break.
      </Confirm>
      <Confirm
        title={`Revoke the tokens of ${agent.name}?`}
        action="Revoke"
        isOpen={asking === "revoke"}
        onClose={onClose}
        onConfirm={async () => {
          store.putAgent(await agents.revoke(agent.id));
          tell(`The tokens of ${agent.name} are revoked.`);
        }}
      >
        The agent is cut off at once and cannot come back with its present token. Its sessions run on unattended on that
        machine; what they put out arrives when it gets a new token.
      </Confirm>
      <Confirm
        title={`Delete ${agent.name}?`}
        action="Delete agent"
        isOpen={asking === "delete"}
        onClose={onClose}
        onConfirm={async () => {
          await agents.delete(agent.id);
          store.remove("agent", agent.id);
          tell(`${agent.name} is deleted.`);
        }}
      >
        Its token stops working and it disappears from here. This cannot be undone.
      </Confirm>
      <Confirm
        title={`Give up the machine of ${agent.name}?`}
        action="Give it up"
        isOpen={asking === "gone"}
        onClose={onClose}
        onConfirm={async () => {
          const { sessions } = await agents.giveUp(agent.id);
          store.remove("agent", agent.id);
          tell(`${agent.name} is removed${sessions > 0 ? `, and ${plural(sessions, "session")} ended as lost` : ""}.`);
        }}
      >
        For a machine that is gone for good. Its sessions end as lost and stay readable as far as they came; what it had
        not sent is never taken, even should it come back. This cannot be undone.
      </Confirm>
    </>
  );
}
