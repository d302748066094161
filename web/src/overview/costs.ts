import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { costsQuery, keys } from "../api/resources";
import type { Session } from "../api/types";
import { useFreshSums } from "../live/sums";
import { useNow } from "../ui/time";

const MINUTE_MS = 60_000;

/** What sessions cost since midnight where one is, asked for again soon after a total has changed. */
export function useCostsToday(sessions: readonly Session[]): { of: ReadonlyMap<string, number>; total: number } {
  const midnight = new Date(useNow(MINUTE_MS)).setHours(0, 0, 0, 0);
  const { data } = useQuery(costsQuery(midnight));
  const soFar = sessions.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
  useFreshSums(keys.costs, soFar);
  return useMemo(() => {
    const of = new Map((data ?? []).map(({ session_id, cost_usd }) => [session_id, cost_usd]));
    return { of, total: [...of.values()].reduce((sum, each) => sum + each, 0) };
  }, [data]);
}
