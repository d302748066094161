import type { Agent, Instruction, Queue, Request, Session } from "../api/types";
import type { Lists } from "../offline/copies";
import type { FromServer } from "./messages";
import { hasFailed, isOpen } from "./outbox";
import type { Connection } from "./socket";
import { AT_FIRST, type Standing, standingAfter } from "./standing";
import { topic } from "./topic";
import type { Topics } from "./topics";
import { Transcripts } from "./transcripts";

/**
 * Everything the page knows of sessions, agents, requests and transcripts, each once.
 *
 * HTTP answers and live messages both end here; components read snapshots and listen to topics. A snapshot stays the
 * same object until what it shows has changed. `revision` counts live changes: a list that was asked for at a revision
 * says nothing of what has changed since, however late it comes.
 */
export class Store {
  readonly topics: Topics;
  readonly transcripts: Transcripts;
  readonly #sessions = new Map<string, Session>();
  readonly #agents = new Map<string, Agent>();
  readonly #requests = new Map<string, Request>();
  readonly #queues = new Map<string, Queue>();
  /** The epochs of sessions that somebody has told to end. */
  readonly #ending = new Map<string, number>();
  /** What was told to end something and has come to its own end: an answer that says otherwise was overtaken. */
  readonly #settledEnds = new Set<string>();
  readonly #liveAt = new Map<string, number>();
  #revision = 0;
  #sessionList: readonly Session[] | null = null;
  #agentList: readonly Agent[] | null = null;
  #requestList: readonly Request[] | null = null;
  #connection: Connection = { state: "stopped" };
  #standing: Standing = AT_FIRST;
  /** The sessions that are known from this browser's copies only. */
  readonly #unconfirmed = new Set<string>();
  #isFromCopies = false;
  /** Called when something other than a prompt, such as an interrupt, turns out not to have worked. */
  onRefused: (instruction: Instruction) => void = () => {};
  /** Called with the ids of instructions and waiting prompts that the server has, as it has said in whatever way. */
  onPrompts: (ids: readonly string[]) => void = () => {};
  /** Called with a session that is there no more. */
  onSessionGone: (sessionId: string) => void = () => {};

  constructor(topics: Topics) {
    this.topics = topics;
    this.transcripts = new Transcripts(topics);
  }

  get revision(): number {
    return this.#revision;
  }

  get connection(): Connection {
    return this.#connection;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Whether some of what is here was not heard from the server yet. */
  get isFromCopies(): boolean {
    return this.#isFromCopies;
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

  receive(message: FromServer): void {
    switch (message.type) {
      case "items":
        this.transcripts.takeItems(message);
        this.putSession(message.session);
        this.#replacePendingOf(message.session_id, message.requests);
        return;
      case "patch":
        return this.transcripts.takePatch(message);
      case "session":
        return this.putSession(message.session);
      case "agent":
        return this.putAgent(message.agent);
      case "request":
        return this.putRequest(message.request);
      case "instruction":
        this.takeInstruction(message.instruction);
        if (message.instruction.text === null && hasFailed(message.instruction)) this.onRefused(message.instruction);
        return;
      case "queue":
        return this.putQueue(message.queue);
      case "removed":
        return this.remove(message.kind, message.id);
      case "error":
        console.warn(`The server refused a message: ${message.code}: ${message.message}`);
        return;
      case "overview":
      case "lagged":
      case "bye":
      case "ping":
      case "pong":
        return;
    }
  }

  /** `heardMs`: when the server was last heard. */
  setConnection(connection: Connection, heardMs: number): void {
    this.#standing = standingAfter(this.#standing, this.#connection, connection, heardMs);
    this.#connection = connection;
    this.topics.touch(topic.connection);
  }

  /** Begin with what this browser has kept, while the server cannot be asked. */
  beginWithCopies({ agents, sessions, requests }: Lists, atMs: number): void {
    this.#isFromCopies = true;
    this.#standing = { asOfMs: atMs, isCutOff: true };
    this.replaceAgents(agents, this.#revision);
    for (const session of sessions) this.putCopy(session);
    this.putRequests(requests, this.#revision);
    this.topics.touch(topic.connection);
  }

  /** Take a session that this browser has kept, unless it is known. */
  putCopy(session: Session): void {
    if (this.#sessions.has(session.id)) return;
    this.#setSession(session);
    this.#unconfirmed.add(session.id);
  }

  /** The server was asked for everything: what it said nothing of is there no more. */
  endWithCopies(): void {
    this.#isFromCopies = false;
    for (const id of [...this.#unconfirmed]) if (this.#sessions.delete(id)) this.#noteSession(id);
    this.#unconfirmed.clear();
  }

  putSession(session: Session): void {
    const known = this.#sessions.get(session.id);
    if (known !== undefined && known.updated_ms > session.updated_ms) return;
    this.#note(session.id);
    this.#setSession(session);
  }

  /** Take some sessions, as they were when they were asked for at `revision`. */
  putSessions(sessions: readonly Session[], revision: number): void {
    for (const session of sessions) if (this.#isOlder(session.id, revision)) this.#setSession(session);
  }

  /** The sessions that are known to live, but for `ids` and what has changed since `revision`. */
  livingBut(ids: ReadonlySet<string>, revision: number): string[] {
    return [...this.#sessions.values()]
      .filter(({ id, state }) => state !== "ended" && !ids.has(id) && this.#isOlder(id, revision))
      .map(({ id }) => id);
  }

  takeInstruction(instruction: Instruction): void {
    this.transcripts.takeInstruction(instruction);
    this.onPrompts([instruction.id]);
    const session = instruction.session_id === null ? undefined : this.#sessions.get(instruction.session_id);
    if (session === undefined || instruction.kind !== "terminate_session") return;
    if (!isOpen(instruction)) this.#settledEnds.add(instruction.id);
    if (hasFailed(instruction)) this.#ending.delete(session.id);
    else if (!this.#settledEnds.has(instruction.id)) this.#ending.set(session.id, session.epoch);
    this.#setSession(session);
  }

  putAgent(agent: Agent): void {
    this.#note(agent.id);
    this.#agents.set(agent.id, agent);
    this.#noteAgents();
  }

  /** Take the whole list of agents, as it was when it was asked for at `revision`. */
  replaceAgents(agents: readonly Agent[], revision: number): void {
    for (const id of [...this.#agents.keys()]) if (this.#isOlder(id, revision)) this.#agents.delete(id);
    for (const agent of agents) if (this.#isOlder(agent.id, revision)) this.#agents.set(agent.id, agent);
    this.#noteAgents();
  }

  putRequest(request: Request): void {
    this.#note(keyOf(request));
    this.#requests.set(keyOf(request), request);
    this.#noteRequests();
  }

  /** Take some requests, as they were when they were asked for at `revision`. */
  putRequests(requests: readonly Request[], revision: number): void {
    for (const request of requests)
      if (this.#isOlder(keyOf(request), revision)) this.#requests.set(keyOf(request), request);
    this.#noteRequests();
  }

  /** Take the whole list of what waits for a person: what waited and is not in it has been answered. */
  replacePending(requests: readonly Request[], revision: number): void {
    for (const known of this.pendingRequests)
      if (this.#isOlder(keyOf(known), revision)) this.#requests.delete(keyOf(known));
    this.putRequests(requests, revision);
  }

  /** What waits in a session until Claude has nothing to do; undefined before the server has said so. */
  queue(sessionId: string): Queue | undefined {
    return this.#queues.get(sessionId);
  }

  putQueue(queue: Queue): void {
    this.onPrompts(queue.prompts.map(({ id }) => id));
    const known = this.#queues.get(queue.session_id);
    if (known !== undefined && known.version > queue.version) return;
    this.#queues.set(queue.session_id, queue);
    this.topics.touch(topic.queue(queue.session_id));
  }

  remove(kind: string, id: string): void {
    this.#note(id);
    if (kind === "session") this.onSessionGone(id);
    if (kind === "session" && this.#sessions.delete(id)) this.#noteSession(id);
    if (kind === "agent" && this.#agents.delete(id)) this.#noteAgents();
  }

  /** Forget everything: somebody else may sign in. */
  clear(): void {
    this.#sessions.clear();
    this.#agents.clear();
    this.#requests.clear();
    this.#queues.clear();
    this.#ending.clear();
    this.#settledEnds.clear();
    this.#liveAt.clear();
    this.#unconfirmed.clear();
    this.#isFromCopies = false;
    this.transcripts.clear();
    this.#sessionList = null;
    this.topics.touch(topic.sessions);
    this.#noteAgents();
    this.#noteRequests();
  }

  #replacePendingOf(sessionId: string, requests: readonly Request[]): void {
    for (const known of this.pendingRequests) if (known.session_id === sessionId) this.#requests.delete(keyOf(known));
    for (const request of requests) this.#requests.set(keyOf(request), request);
    this.#noteRequests();
  }

  /** Keep a session as it is now: whether its agent is there, the agent itself knows best. */
  #setSession(session: Session): void {
    const agent = this.#agents.get(session.agent_id);
    const isTrue = agent === undefined || agreesWith(session, agent);
    const isEnding = session.state !== "ended" && this.#ending.get(session.id) === session.epoch;
    const known = isTrue ? session : { ...session, agent_online: agent.online, agent_name: agent.name };
    const kept = isEnding === (known.is_ending ?? false) ? known : { ...known, is_ending: isEnding };
    if (this.#sessions.get(session.id)?.state !== kept.state) this.topics.touch(topic.outbox(session.id));
    this.#sessions.set(session.id, kept);
    this.#unconfirmed.delete(session.id);
    this.#noteSession(session.id);
  }

  #note(key: string): void {
    this.#revision += 1;
    this.#liveAt.set(key, this.#revision);
  }

  #isOlder(key: string, revision: number): boolean {
    return (this.#liveAt.get(key) ?? 0) <= revision;
  }

  #noteSession(id: string): void {
    this.#sessionList = null;
    this.topics.touch(topic.session(id));
    this.topics.touch(topic.sessions);
  }

  #noteAgents(): void {
    this.#agentList = null;
    this.topics.touch(topic.agents);
    for (const session of [...this.#sessions.values()]) {
      const agent = this.#agents.get(session.agent_id);
      if (agent !== undefined && !agreesWith(session, agent)) this.#setSession(session);
    }
  }

  #noteRequests(): void {
    this.#requestList = null;
    this.topics.touch(topic.requests);
  }
}

function keyOf(request: Request): string {
  return `${request.session_id}/${request.id}`;
}

function agreesWith(session: Session, agent: Agent): boolean {
  return session.agent_online === agent.online && session.agent_name === agent.name;
}
