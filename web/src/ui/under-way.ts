import { useCallback, useEffect, useRef, useState } from "react";
import { attempt } from "./toast";

const LONGEST_MS = 5_000;

export interface UnderWay {
  isUnderWay: boolean;
  /** Do something; when it fails, say so, with `failure` as its title. */
  run(failure: string, work: () => Promise<unknown>): Promise<boolean>;
}

/**
 * Something that takes effect later than it is answered: it is under way from the press until `mark`, which is what it
 * changes, has changed; or until it has failed; or so long that nothing is going to change.
 */
export function useUnderWay(mark: unknown): UnderWay {
  const [isUnderWay, setUnderWay] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(mark);
  latest.current = mark;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it ends whenever the mark changes
  useEffect(() => {
    setUnderWay(false);
    return () => clearTimeout(timer.current);
  }, [mark]);
  const run = useCallback(async (failure: string, work: () => Promise<unknown>) => {
    const before = latest.current;
    setUnderWay(true);
    const isAnswered = await attempt(failure, work);
    if (!isAnswered || latest.current !== before) setUnderWay(false);
    else timer.current = setTimeout(() => setUnderWay(false), LONGEST_MS);
    return isAnswered;
  }, []);
  return { isUnderWay, run };
}
