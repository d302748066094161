import { usePendingRequests } from "../../live/hooks";
import { RequestCard } from "./card";
import { useSettling } from "./settling";

/** What waits for a person in this session, above the composer: the one that a notification led to, then the oldest. */
export function RequestDock({
  sessionId,
  mayAnswer,
  wantedId,
}: {
  sessionId: string;
  mayAnswer: boolean;
  wantedId?: string | undefined;
}) {
  const pending = usePendingRequests().filter(({ session_id }) => session_id === sessionId);
  const first = pending.find(({ id }) => id === wantedId) ?? pending[0];
  const isSettling = useSettling(first === undefined ? [] : [first.id]);
  if (first === undefined) return null;
  return (
    <RequestCard
      key={first.id}
      requests={[first]}
      mayAnswer={mayAnswer}
      isSettling={isSettling}
      frame="section"
      label="Waiting for you"
      className="mx-auto mb-2 max-h-[min(30rem,52dvh)] w-full max-w-3xl overflow-hidden rounded-xl border border-warn-line shadow-float"
      header={
        pending.length > 1 && (
          <p className="border-b border-line px-4 py-1.5 text-xs text-ink-2">
            {pending.indexOf(first) + 1} of {pending.length} that wait for you
          </p>
        )
      }
    />
  );
}
