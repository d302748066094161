import type { Agent, Project, Session, Template } from "../api/types";
import { isEnough } from "../search/filters";
import { mostUrgentFirst, STATUS_WORDS, statusOf, titleOf } from "../sessions/status";
import type { Theme } from "../ui/theme";

/** What the palette can do. */
export type Deed =
  | { type: "start"; agent?: Agent; prompt?: string; template?: Template }
  | { type: "session"; session: Session }
  | { type: "machine"; agent: Agent }
  | { type: "project"; project: Project }
  | { type: "view"; to: "/" | "/search" | "/inbox" | "/usage" | "/projects" | "/account" }
  | { type: "search"; words: string }
  | { type: "theme"; theme: Theme };

export interface Entry {
  /** Tells it from all others. */
  id: string;
  title: string;
  detail: string;
  deed: Deed;
}

export interface EntryGroup {
  title: string;
  items: Entry[];
}

export interface World {
  sessions: readonly Session[];
  agents: readonly Agent[];
  projects: readonly Project[];
  templates: readonly Template[];
  /** How much waits for the person. */
  waiting: number;
}

const MOST_AT_FIRST = 6;
const MOST_FOUND = 20;

/** What fits the words that were typed, what is most likely wanted first; with nothing typed, what is always useful. */
export function entriesFor(typed: string, world: World): EntryGroup[] {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const isFitting = ({ title, detail }: Entry) => {
    const said = `${title} ${detail}`.toLowerCase();
    return words.every((word) => said.includes(word));
  };
  const most = words.length === 0 ? MOST_AT_FIRST : MOST_FOUND;
  const usable = new Set(world.projects.filter(({ role }) => role !== "viewer").map(({ id }) => id));
  const sessions = mostUrgentFirst(world.sessions).map(sessionEntry);
  const starts = world.agents.filter(({ project_id, online }) => online && usable.has(project_id)).map(startEntry);
  const said = typed.trim();
  const prompt: Entry[] =
    said === ""
      ? []
      : [{ id: "prompt", title: `New session: ${said}`, detail: "", deed: { type: "start", prompt: said } }];
  const search: Entry[] = isEnough(said)
    ? [{ id: "search", title: `Search transcripts for ${said}`, detail: "", deed: { type: "search", words: said } }]
    : [];
  const groups: EntryGroup[] = [
    { title: "Start", items: [NEW_SESSION].filter(isFitting) },
    { title: "Sessions", items: sessions.filter(isFitting).slice(0, most) },
    { title: "Templates", items: world.templates.map(templateEntry).filter(isFitting).slice(0, most) },
    { title: "Go to", items: views(world.waiting).filter(isFitting) },
    { title: "Machines", items: world.agents.map(machineEntry).filter(isFitting).slice(0, most) },
    { title: "Projects", items: world.projects.map(projectEntry).filter(isFitting).slice(0, most) },
    { title: "Start on a machine", items: words.length === 0 ? [] : starts.filter(isFitting).slice(0, most) },
    { title: "Theme", items: THEMES.filter(isFitting) },
    { title: "Ask Claude", items: prompt },
    { title: "Search", items: search },
  ];
  return groups.filter(({ items }) => items.length > 0);
}

const NEW_SESSION: Entry = { id: "new", title: "New session", detail: "Start Claude", deed: { type: "start" } };

const THEMES: Entry[] = (["light", "dark", "system"] as const).map((theme) => ({
  id: `theme ${theme}`,
  title: `Theme: ${theme}`,
  detail: "",
  deed: { type: "theme", theme },
}));

function views(waiting: number): Entry[] {
  return [
    { id: "/", title: "Overview", detail: "All sessions and machines", deed: { type: "view", to: "/" } },
    {
      id: "/inbox",
      title: "Inbox",
      detail: waiting === 0 ? "Nothing waits for you" : `${waiting} waiting for you`,
      deed: { type: "view", to: "/inbox" },
    },
    { id: "/search", title: "Search", detail: "What was said in all sessions", deed: { type: "view", to: "/search" } },
    { id: "/usage", title: "Usage", detail: "Cost, tokens, time", deed: { type: "view", to: "/usage" } },
    { id: "/projects", title: "Projects", detail: "", deed: { type: "view", to: "/projects" } },
    { id: "/account", title: "Account", detail: "Password, tokens", deed: { type: "view", to: "/account" } },
  ];
}

function sessionEntry(session: Session): Entry {
  return {
    id: session.id,
    title: titleOf(session),
    detail: `${STATUS_WORDS[statusOf(session)]} · ${session.agent_name} · ${session.project_name}`,
    deed: { type: "session", session },
  };
}

function machineEntry(agent: Agent): Entry {
  const detail = [agent.online ? "Online" : "Offline", agent.machine?.hostname].filter((part) => part !== undefined);
  return { id: agent.id, title: agent.name, detail: detail.join(" · "), deed: { type: "machine", agent } };
}

function startEntry(agent: Agent): Entry {
  return {
    id: `start ${agent.id}`,
    title: `New session on ${agent.name}`,
    detail: agent.machine?.hostname ?? "",
    deed: { type: "start", agent },
  };
}

function templateEntry(template: Template): Entry {
  return {
    id: template.id,
    title: `Start: ${template.name}`,
    detail: template.prompt ?? "",
    deed: { type: "start", template },
  };
}

function projectEntry(project: Project): Entry {
  return { id: project.id, title: project.name, detail: "Project", deed: { type: "project", project } };
}
