import { Link } from "@tanstack/react-router";
import { Play, Settings2 } from "lucide-react";
import { memo } from "react";
import type { Agent } from "../api/types";
import { hasLimits, LimitsLine } from "../limits/plan-limits";
import { OnlineDot } from "../projects/online-dot";
import { useStartSession } from "../sessions/start-session";
import { Badge, DemoBadge } from "../ui/badge";
import { IconButton } from "../ui/button";
import { cx } from "../ui/cx";
import { bytes, percent, plural } from "../ui/format";
import { Ago } from "../ui/time";
import { isOlder, troubles } from "./machines";

/** One machine: whether it is there, what runs on it, how it is, and what is out of date. Press it to see its sessions. */
export const MachineRow = memo(function MachineRow({
  agent,
  projectName,
  serverVersion,
  mayStart,
  isChosen,
  onChoose,
}: {
  agent: Agent;
  projectName: string;
  serverVersion: string;
  mayStart: boolean;
  isChosen: boolean;
  onChoose: (id: string | undefined) => void;
}) {
  const start = useStartSession();
  const { machine, sessions, agent_version } = agent;
  return (
    <div
      className={cx(
        "relative h-full border-b border-line px-3 py-2.5 hover:bg-hover/60 md:px-4",
        isChosen && "bg-hover",
      )}
    >
      <div className="flex h-6 items-center gap-2">
        <OnlineDot isOnline={agent.online} />
        <button
          type="button"
          aria-pressed={isChosen}
          title={isChosen ? "Show the sessions of all machines" : "Show only the sessions of this machine"}
          onClick={() => onChoose(isChosen ? undefined : agent.id)}
          className="min-w-0 truncate text-left text-sm font-medium after:absolute after:inset-0"
        >
          {agent.name}
        </button>
        {agent.demo && <DemoBadge />}
        {troubles(agent).map((trouble) => (
          <Badge key={trouble} tone="bad">
            {trouble}
          </Badge>
        ))}
        <span className="ml-auto flex shrink-0 items-center">
          {mayStart && (
            <IconButton
              label={`New session on ${agent.name}`}
              className="relative z-1 -my-1 touch:-my-2"
              onClick={() => start({ projectId: agent.project_id, agentId: agent.id })}
            >
              <Play aria-hidden />
            </IconButton>
          )}
          <Link
            to="/projects/$projectId"
            params={{ projectId: agent.project_id }}
            aria-label={`Manage ${agent.name}`}
            title={`Manage ${agent.name}`}
            className="relative z-1 -my-1 flex size-7 items-center justify-center rounded-md text-ink-3 touch:-my-2 hover:bg-hover hover:text-ink touch:size-10 [&_svg]:size-4"
          >
            <Settings2 aria-hidden />
          </Link>
        </span>
      </div>
      <p className="truncate pl-4 text-xs text-ink-3">
        {projectName} · {sessions.running}
        {machine !== null && ` of ${machine.max_concurrent_sessions}`} running
        {sessions.queued > 0 && `, ${sessions.queued} queued`}
        {!agent.online && agent.last_seen_ms === null && " · never connected"}
        {!agent.online && agent.last_seen_ms !== null && (
          <>
            {" · last seen "}
            <Ago ms={agent.last_seen_ms} inWords />
          </>
        )}
      </p>
      {hasMeters(agent) && <Meters agent={agent} />}
      {hasLimits(agent.limits) && <LimitsLine limits={agent.limits} className="mt-1 h-4.5 pl-4" />}
      {hasVersions(agent) && (
        <p className="mt-1 flex h-4.5 items-center gap-1.5 truncate pl-4 text-xs text-ink-3">
          <span className="truncate">
            {machine?.claude_version && `Claude ${machine.claude_version}`}
            {machine?.claude_signed_in === true && ", signed in"}
            {machine?.claude_version && agent_version && " · "}
            {agent_version && `agent ${agent_version}`}
          </span>
          {agent_version && isOlder(agent_version, serverVersion) && (
            <Badge
              tone="warn"
              title={`This server is ${serverVersion}. Install that on the machine, and restart the agent.`}
            >
              update available
            </Badge>
          )}
        </p>
      )}
    </div>
  );
});

function Meters({ agent: { machine, status } }: { agent: Agent }) {
  if (machine === null || status === null) return null;
  const disk = status.disk_bytes ?? null;
  return (
    <div className="mt-1.5 grid h-5.5 grid-cols-3 gap-3 pl-4">
      <Meter
        label="Load"
        share={status.load / machine.cpus}
        text={status.load.toFixed(1)}
        title={`Load ${status.load.toFixed(2)} on ${plural(machine.cpus, "core")}`}
      />
      <Meter
        label="Memory"
        share={status.memory_used_bytes / machine.memory_bytes}
        text={percent(status.memory_used_bytes / machine.memory_bytes)}
        title={`${bytes(status.memory_used_bytes)} of ${bytes(machine.memory_bytes)} memory in use`}
      />
      <Meter
        label="Disk"
        share={disk === null ? null : 1 - status.disk_free_bytes / disk}
        text={disk === null ? bytes(status.disk_free_bytes) : percent(1 - status.disk_free_bytes / disk)}
        title={`${bytes(status.disk_free_bytes)}${disk === null ? "" : ` of ${bytes(disk)}`} free on the disk`}
      />
    </div>
  );
}

/** How tall the row is: what is not known of a machine takes no room. */
export function machineHeightPx(agent: Agent): number {
  return 61 + (hasMeters(agent) ? 28 : 0) + (hasLimits(agent.limits) ? 22 : 0) + (hasVersions(agent) ? 22 : 0);
}

function hasMeters({ online, machine, status }: Agent): boolean {
  return online && machine !== null && status !== null;
}

function hasVersions({ machine, agent_version }: Agent): boolean {
  return Boolean(machine?.claude_version || agent_version);
}

const MUCH = 0.75;
const TOO_MUCH = 0.9;

/** How much of something is in use, as words and as a bar; without a share, which agents of before do not tell, no bar. */
function Meter({ label, share, text, title }: { label: string; share: number | null; text: string; title: string }) {
  const filled = Math.min(1, Math.max(0, share ?? 0));
  const tone = filled >= TOO_MUCH ? "bg-bad-dot" : filled >= MUCH ? "bg-warn-dot" : "bg-ok-dot";
  return (
    <div title={title} className="min-w-0">
      <p className="flex justify-between gap-1 text-2xs text-ink-3">
        <span>{label}</span>
        <span className="truncate tabular-nums">{text}</span>
      </p>
      {share !== null && (
        <div aria-hidden className="mt-0.5 h-1 overflow-hidden rounded-full bg-line">
          <div className={cx("h-full rounded-full", tone)} style={{ width: `${filled * 100}%` }} />
        </div>
      )}
    </div>
  );
}
