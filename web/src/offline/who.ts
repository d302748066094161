import type { QueryClient } from "@tanstack/react-query";
import { ApiError } from "../api/http";
import { keys, meQuery } from "../api/resources";
import type { User } from "../api/types";
import type { Live } from "../live/live";
import { lastEntered } from "../live/person";

const PATIENCE_MS = 5_000;

/**
 * Say who is signed in; null when nobody is. Where no server answers, or one that cannot tell just now, it is the person
 * that this browser keeps copies for, and the page begins with those. Raises ApiError where there are none.
 */
export async function whoIsHere(client: QueryClient, live: Live): Promise<User | null> {
  const known = client.getQueryData<User | null>(keys.me);
  if (known !== undefined) return known;
  const last = lastEntered();
  const copy = last === null ? null : await live.keeper.lists(last);
  if (copy === null) return client.ensureQueryData(meQuery);
  try {
    const asked = client.fetchQuery({ ...meQuery, retry: false });
    const found = await Promise.race([asked, patience()]);
    if (found === null) void live.keeper.end();
    if (found !== undefined) return found;
    asked.catch(() => undefined); // it comes late or not at all: what is asked again on return decides
  } catch (failure) {
    if (failure instanceof ApiError && failure.isOfServer && failure.status < 500) throw failure;
  }
  const { me, server, projects } = copy.value;
  const stale = { updatedAt: 0 };
  client.setQueryData(keys.me, me, stale);
  client.setQueryData(keys.server, server, stale);
  if (projects !== null) client.setQueryData(keys.projects, projects, stale);
  live.store.beginWithCopies(copy.value, copy.atMs);
  live.keeper.begin(me.id);
  return me;
}

function patience(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS));
}
