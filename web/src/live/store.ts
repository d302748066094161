import type { Agent, Instruction, Item, ItemPage, Request, Session } from "../api/types";
import type { FromServer } from "./messages";
import { hasFailed, Outbox, type Prompt } from "./outbox";
import type { Connection } from "./socket";
import type { Topics } from "./topics";
import { type Changed, Transcript } from "./transcript";

const KEPT_TRANSCRIPTS = 8;

/** Names of what one can listen to. */
export const topic = {
  connection: "connection",
  sessions: "sessions",
  agents: "agents",
  requests: "requests",
  session: (id: string) => `session:${id}`,
  transcript: (id: string) => `transcript:${id}`,
  item: (id: string, no: number) => `item:${id}:${no}`,
  outbox: (id: string) => `outbox:${id}`,
} as const;

/** What the transcript's reader needs to know before it looks at single items. */
export interface TranscriptView {
  order: readonly number[];
  hasEarlier: boolean;
  isLoaded: boolean;
}

/**
 * Everything the page knows of sessions, agents, requests and transcripts, each once.
 *
 * HTTP answers and live messages both end here; components read snapshots and listen to topics. A snapshot stays the
 * same object until what it shows has changed.
 */
export class Store {
  readonly topics: Topics;
  readonly #sessions = new Map<string, Session>();
  readonly #agents = new Map<string, Agent>();
  readonly #requests = new Map<string, Request>();
  readonly #transcripts = new Map<string, Transcript>();
  readonly #views = new Map<string, TranscriptView>();
  readonly #outboxes = new Map<string, Outbox>();
  readonly #lost = new Set<string>();
  readonly #liveAt = new Map<string, number>();
  #revision = 0;
  #sessionList: readonly Session[] | null = null;
  #agentList: readonly Agent[] | null = null;
  #requestList: readonly Request[] | null = null;
  #connection: Connection = { state: "stopped" };
  /** Called when a transcript has lost its thread and must be asked for anew. */
  onOutOfStep: (sessionId: string) => void = () => {};
  /** Called when something other than a prompt, such as an interrupt, turns out not to have worked. */
  onRefused: (instruction: Instruction) => void = () => {};

  constructor(topics: Topics) {
    this.topics = topics;
  }

  // Snapshots

  get connection(): Connection {
    return this.#connection;
  }

  /** All known sessions, newest first. */
  get sessions(): readonly Session[] {
    this.#sessionList ??= [...this.#sessions.values()].sort((one, other) => other.created_ms - one.created_ms);
    return this.#sessionList;
  }

  /** All known agents by name. */
  get agents(): readonly Agent[] {
    this.#agentList ??= [...this.#agents.values()].sort((one, other) => one.name.localeCompare(other.name));
    return this.#agentList;
  }

  /** Everything that waits for a person, oldest first. */
  get pendingRequests(): readonly Request[] {
    this.#requestList ??= [...this.#requests.values()]
      .filter((request) => request.state === "pending")
      .sort((one, other) => one.created_ms - other.created_ms);
    return this.#requestList;
  }

  session(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  agent(id: string): Agent | undefined {
    return this.#agents.get(id);
  }

  /** A request's id is its session's own: two sessions may have the same. */
  request(sessionId: string, id: string): Request | undefined {
    return this.#requests.get(`${sessionId}/${id}`);
  }

  /** Whether a tool call waits for somebody's answer. */
  isAsking(sessionId: string, toolUseId: string): boolean {
    return this.#transcripts.get(sessionId)?.asking.has(toolUseId) ?? false;
  }

  item(sessionId: string, no: number): Item | undefined {
    return this.#transcripts.get(sessionId)?.item(no);
  }

  transcript(sessionId: string): TranscriptView {
    const known = this.#views.get(sessionId);
    if (known !== undefined) return known;
    const { order, hasEarlier, isLoaded } = this.#transcriptOf(sessionId);
    const view = { order, hasEarlier, isLoaded };
    this.#views.set(sessionId, view);
    return view;
  }

  /** Where a subscription resumes; undefined asks for the newest items. */
  position(sessionId: string): number | undefined {
    const transcript = this.#transcripts.get(sessionId);
    return transcript?.isLoaded && !this.#lost.has(sessionId) ? transcript.position : undefined;
  }

  /** Prompts that are on their way and not yet part of the transcript. */
  prompts(sessionId: string): readonly Prompt[] {
    const isEnded = this.#sessions.get(sessionId)?.state === "ended";
    return this.#outboxOf(sessionId).waiting(this.#transcriptOf(sessionId), isEnded);
  }

  // Changes

  receive(message: FromServer): void {
    switch (message.type) {
      case "items": {
        const id = message.session_id;
        if (message.reset === true) this.#lost.delete(id);
        this.#noteTranscript(id, this.#transcriptOf(id).applyItems(message, message.reset !== true));
        this.putSession(message.session);
        for (const known of this.pendingRequests) if (known.session_id === id) this.#requests.delete(keyOf(known));
        for (const request of message.requests) this.#requests.set(keyOf(request), request);
        this.#noteRequests();
        return;
      }
      case "patch":
        this.#noteTranscript(message.session_id, this.#transcriptOf(message.session_id).applyPatch(message));
        return;
      case "session":
        return this.putSession(message.session);
      case "agent":
        return this.putAgent(message.agent);
      case "request":
        return this.putRequest(message.request);
      case "instruction":
        this.putInstruction(message.instruction);
        if (message.instruction.text === null && hasFailed(message.instruction)) this.onRefused(message.instruction);
        return;
      case "removed":
        this.#note(message.id);
        return this.remove(message.kind, message.id);
      case "error":
        console.warn(`The server refused a message: ${message.code}: ${message.message}`);
        return;
      case "lagged":
      case "bye":
      case "ping":
      case "pong":
        return;
    }
  }

  setConnection(connection: Connection): void {
    this.#connection = connection;
    this.topics.touch(topic.connection);
  }

  putSession(session: Session): void {
    const known = this.#sessions.get(session.id);
    if (known !== undefined && known.updated_ms > session.updated_ms) return;
    this.#note(session.id);
    this.#setSession(session);
  }

  /** Take some sessions, as they were when they were asked for at `revision`. */
  putSessions(sessions: readonly Session[], revision: number): void {
    for (const session of sessions) if ((this.#liveAt.get(session.id) ?? 0) <= revision) this.#setSession(session);
  }

  putAgent(agent: Agent): void {
    this.#note(agent.id);
    this.#agents.set(agent.id, agent);
    this.#noteAgents();
  }

  /** Counts live changes. A list that was asked for at a revision says nothing of what has changed since. */
  get revision(): number {
    return this.#revision;
  }

  /** Take the whole list of agents, as it was when it was asked for at `revision`. */
  replaceAgents(agents: readonly Agent[], revision: number): void {
    const isOlder = (id: string) => (this.#liveAt.get(id) ?? 0) <= revision;
    for (const known of [...this.#agents.values()]) if (isOlder(known.id)) this.#agents.delete(known.id);
    for (const agent of agents) if (isOlder(agent.id)) this.#agents.set(agent.id, agent);
    this.#noteAgents();
  }

  putRequest(request: Request): void {
    this.#note(keyOf(request));
    this.#requests.set(keyOf(request), request);
    this.#noteRequests();
  }

  /** Take the whole list of what waited for a person when it was asked for: what is not in it was answered since. */
  replacePending(requests: readonly Request[], revision: number): void {
    const isOlder = (request: Request) => (this.#liveAt.get(keyOf(request)) ?? 0) <= revision;
    for (const known of this.pendingRequests) if (isOlder(known)) this.#requests.delete(keyOf(known));
    this.putRequests(requests, revision);
  }

  /** Take some requests, as they were when they were asked for. */
  putRequests(requests: readonly Request[], revision: number): void {
    for (const request of requests)
      if ((this.#liveAt.get(keyOf(request)) ?? 0) <= revision) this.#requests.set(keyOf(request), request);
    this.#noteRequests();
  }

  putInstruction(instruction: Instruction): void {
    if (instruction.session_id === null) return;
    this.#outboxOf(instruction.session_id).put(instruction);
    this.topics.touch(topic.outbox(instruction.session_id));
  }

  putEarlier(sessionId: string, page: ItemPage): void {
    this.#noteTranscript(sessionId, this.#transcriptOf(sessionId).applyEarlier(page));
  }

  /** Change the outbox of a session: a prompt was typed, could not be sent, or was put aside. */
  changeOutbox(sessionId: string, change: (outbox: Outbox) => void): void {
    change(this.#outboxOf(sessionId));
    this.topics.touch(topic.outbox(sessionId));
  }

  remove(kind: string, id: string): void {
    if (kind === "session" && this.#sessions.delete(id)) {
      this.#sessionList = null;
      this.topics.touch(topic.session(id));
      this.topics.touch(topic.sessions);
    }
    if (kind === "agent" && this.#agents.delete(id)) {
      this.#agentList = null;
      this.topics.touch(topic.agents);
    }
  }

  /** Forget everything: somebody else may sign in. */
  clear(): void {
    this.#sessions.clear();
    this.#agents.clear();
    this.#requests.clear();
    this.#transcripts.clear();
    this.#views.clear();
    this.#outboxes.clear();
    this.#lost.clear();
    this.#liveAt.clear();
    this.#sessionList = this.#agentList = this.#requestList = null;
    for (const name of [topic.sessions, topic.agents, topic.requests]) this.topics.touch(name);
  }

  /** Let go of transcripts that nobody has read for a while; they load again when opened. */
  trimTranscripts(isInUse: (sessionId: string) => boolean): void {
    for (const id of [...this.#transcripts.keys()]) {
      if (this.#transcripts.size <= KEPT_TRANSCRIPTS) return;
      if (isInUse(id)) continue;
      this.#transcripts.delete(id);
      this.#views.delete(id);
    }
  }

  /** Keep a session as it is now: whether its agent is there, the agent itself knows best. */
  #setSession(session: Session): void {
    const agent = this.#agents.get(session.agent_id);
    const isTrue = agent === undefined || (agent.online === session.agent_online && agent.name === session.agent_name);
    const kept = isTrue ? session : { ...session, agent_online: agent.online, agent_name: agent.name };
    if (this.#sessions.get(session.id)?.state !== kept.state) this.topics.touch(topic.outbox(session.id));
    this.#sessions.set(session.id, kept);
    this.#sessionList = null;
    this.topics.touch(topic.session(session.id));
    this.topics.touch(topic.sessions);
  }

  #noteAgents(): void {
    this.#agentList = null;
    this.topics.touch(topic.agents);
    for (const session of [...this.#sessions.values()]) {
      const agent = this.#agents.get(session.agent_id);
      const isOld = agent !== undefined && (agent.online !== session.agent_online || agent.name !== session.agent_name);
      if (isOld) this.#setSession(session);
    }
  }

  #note(key: string): void {
    this.#revision += 1;
    this.#liveAt.set(key, this.#revision);
  }

  #noteRequests(): void {
    this.#requestList = null;
    this.topics.touch(topic.requests);
  }

  #noteTranscript(sessionId: string, changed: Changed): void {
    if (changed.outOfStep) {
      console.warn(`The transcript of session ${sessionId} has lost its thread and is loaded anew.`);
      this.#lost.add(sessionId);
      this.onOutOfStep(sessionId);
      return;
    }
    for (const no of changed.items) {
      this.topics.touch(topic.item(sessionId, no));
      if (this.item(sessionId, no)?.kind === "request") this.topics.touch(topic.requests);
    }
    if (!changed.order) return;
    this.#views.delete(sessionId);
    this.topics.touch(topic.transcript(sessionId));
    this.topics.touch(topic.outbox(sessionId));
  }

  #transcriptOf(sessionId: string): Transcript {
    const known = this.#transcripts.get(sessionId);
    if (known !== undefined) return known;
    const transcript = new Transcript();
    this.#transcripts.set(sessionId, transcript);
    return transcript;
  }

  #outboxOf(sessionId: string): Outbox {
    const known = this.#outboxes.get(sessionId);
    if (known !== undefined) return known;
    const outbox = new Outbox();
    this.#outboxes.set(sessionId, outbox);
    return outbox;
  }
}

function keyOf(request: Request): string {
  return `${request.session_id}/${request.id}`;
}
