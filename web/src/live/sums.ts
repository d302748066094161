import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

export const AT_MOST_EVERY_MS = 3_000;

/** Asks again for what the server sums up once `seen`, a number of the page's own, is another: not for each change. */
export function useFreshSums(queryKey: QueryKey, seen: number) {
  const client = useQueryClient();
  const key = useRef(queryKey);
  const asked = useRef(seen);
  const latest = useRef(seen);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    latest.current = seen;
    if (seen === asked.current || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      asked.current = latest.current;
      void client.invalidateQueries({ queryKey: key.current });
    }, AT_MOST_EVERY_MS);
  }, [seen, client]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
