import type { Agent } from "../api/types";

/** What about a machine wants a person's attention, in as few words as tell it. */
export function troubles(agent: Agent): string[] {
  const { machine, keys, errors } = agent;
  const found: string[] = [];
  if (keys.length === 0) found.push("revoked");
  if (machine !== null && machine.claude_version === null) found.push("no Claude");
  else if (machine?.claude_signed_in === false) found.push("not signed in");
  if (errors.length > 0) found.push(errors.length === 1 ? "1 error" : `${errors.length} errors`);
  return found;
}

const NUMBERED = /^\d+\./;

/** Whether an agent's version is before the server's: then there is an update for it. */
export function isOlder(version: string, server: string): boolean {
  if (!NUMBERED.test(version) || !NUMBERED.test(server)) return false;
  const [one, other] = [numbers(version), numbers(server)];
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Machines in trouble first, then those that are busy; those that are away last. */
export function byNeed(one: Agent, other: Agent): number {
  return (
    Number(other.online) - Number(one.online) ||
    troubles(other).length - troubles(one).length ||
    other.sessions.running + other.sessions.queued - (one.sessions.running + one.sessions.queued) ||
    one.name.localeCompare(other.name)
  );
}

function numbers(version: string): number[] {
  return (version.split(/[-+]/)[0] ?? "").split(".").map((part) => Number.parseInt(part, 10) || 0);
}
