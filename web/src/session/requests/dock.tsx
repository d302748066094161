import { usePendingRequests } from "../../live/hooks";
import { RequestCard } from "./card";

/** What waits for a person in this session, above the composer, the oldest first. */
export function RequestDock({ sessionId, mayAnswer }: { sessionId: string; mayAnswer: boolean }) {
  const pending = usePendingRequests().filter(({ session_id }) => session_id === sessionId);
  const [first] = pending;
  if (first === undefined) return null;
  return (
    <RequestCard
      key={first.id}
      requests={[first]}
      mayAnswer={mayAnswer}
      frame="section"
      label="Waiting for you"
      className="mx-auto mb-2 max-h-[min(30rem,52dvh)] w-full max-w-3xl overflow-hidden rounded-xl border border-warn-line shadow-float"
      header={
        pending.length > 1 && (
          <p className="border-b border-line px-4 py-1.5 text-xs text-ink-2">1 of {pending.length} that wait for you</p>
        )
      }
    />
  );
}
