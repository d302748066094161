import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { sharesQuery } from "../api/resources";
import { LiveProvider } from "../live/hooks";
import { agentsInto, sessionInto } from "../live/queries";
import { answerCalls, quietLive } from "../testing/page";
import { agent, SESSION_ID, session } from "../testing/samples";
import { useEndOfCopies } from "./hooks";

const refusal = (status: number, code: string) => Response.json({ error: { code, message: "" } }, { status });

/** Begin with copies, have the server back, and say what has become of them once all was asked. */
async function afterReturn(answers: { session: Response; shares: Response; agents: Response }) {
  const live = quietLive();
  const { store } = live;
  const lists = { me: {} as never, server: {} as never, projects: null, agents: [agent()], requests: [] };
  store.beginWithCopies({ ...lists, sessions: [session()] }, 5);
  answerCalls((_, path) => {
    if (path.endsWith("/shares")) return answers.shares.clone();
    return (path.startsWith("/agents") ? answers.agents : answers.session).clone();
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const { result } = renderHook(
    () => {
      const one = useQuery(sessionInto(store, SESSION_ID));
      const two = useQuery(agentsInto(store));
      const three = useQuery(sharesQuery(SESSION_ID));
      const isSettled = !one.isFetching && !two.isFetching && !three.isFetching;
      return { isSettled, end: useEndOfCopies() };
    },
    {
      wrapper: ({ children }) => (
        <QueryClientProvider client={client}>
          <LiveProvider live={live}>{children}</LiveProvider>
        </QueryClientProvider>
      ),
    },
  );
  await waitFor(() => expect(result.current.isSettled).toBe(true));
  store.setConnection({ state: "live", isFollowing: true }, 10);
  const asked = client.invalidateQueries();
  result.current.end(asked);
  await asked;
  await Promise.resolve();
  return store;
}

test("a copy of a session that was deleted meanwhile goes, whatever else about it was not answered", async () => {
  const store = await afterReturn({
    session: refusal(404, "not_found"),
    shares: refusal(503, "unavailable"),
    agents: Response.json([agent()]),
  });
  expect(store.isFromCopies).toBe(false);
  expect(store.sessions).toEqual([]);
});

test("copies stay while a list that they stand for was not answered", async () => {
  const store = await afterReturn({
    session: Response.json(session()),
    shares: Response.json([]),
    agents: refusal(503, "unavailable"),
  });
  expect(store.isFromCopies).toBe(true);
  expect(store.agents).toHaveLength(1);
});
