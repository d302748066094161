import { useState } from "react";
import { ApiError, explain } from "../api/http";

/** One thing a form does: whether it is under way, and why it did not work. */
export interface Action {
  isBusy: boolean;
  /** What is wrong with one named field. */
  fieldError(name: string): string | undefined;
  /** What is wrong otherwise. */
  error: string | undefined;
  run(work: () => Promise<unknown>): Promise<boolean>;
  reset(): void;
}

export function useAction(fields: readonly string[] = []): Action {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const field = failure instanceof ApiError ? failure.field : undefined;
  const isOfField = field !== undefined && fields.includes(field);
  return {
    isBusy,
    fieldError: (name) => (isOfField && field === name ? explain(failure) : undefined),
    error: failure === null || isOfField ? undefined : explain(failure),
    reset: () => setFailure(null),
    run: async (work) => {
      setBusy(true);
      setFailure(null);
      try {
        await work();
        return true;
      } catch (thrown) {
        setFailure(thrown);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
