import { Hourglass } from "lucide-react";
import { sessions } from "../api/resources";
import type { Session } from "../api/types";
import { useLive } from "../live/hooks";
import { Button } from "../ui/button";
import { fullTime } from "../ui/format";
import { useNow } from "../ui/time";
import { useUnderWay } from "../ui/under-way";
import { CONTINUE, limitName, when } from "./words";

/** Says that a usage limit has stopped the session, until when, and whether it goes on by itself, which can be chosen. */
export function StopNotice({ session, mayCommand }: { session: Session; mayCommand: boolean }) {
  const { store } = useLive();
  const now = useNow();
  const stop = session.stopped_by;
  const changing = useUnderWay(stop?.goes_on_ms ?? null);
  if (stop === null || (stop.goes_on_ms === null && stop.resets_ms <= now)) return null;
  const put = (work: () => Promise<Session>) =>
    void changing.run("The session was not changed", async () => store.putSession(await work()));
  const isOn = stop.goes_on_ms !== null;
  return (
    <div
      role="status"
      className="mx-auto mb-2 flex w-full max-w-3xl flex-wrap items-center gap-x-3 gap-y-1.5 rounded-lg border border-warn-line bg-warn-soft px-3 py-2 text-xs text-warn"
    >
      <Hourglass aria-hidden className="size-3.5 shrink-0" />
      <span className="min-w-0 flex-1 basis-52">
        The {limitName(stop.kind)} is reached
        {stop.resets_ms > now && (
          <>
            ; it resets <time title={fullTime(stop.resets_ms)}>{when(stop.resets_ms, now)}</time>
          </>
        )}
        .{" "}
        {stop.goes_on_ms !== null && (
          <strong className="font-medium">
            {stop.goes_on_ms > now ? (
              <time title={`${fullTime(stop.goes_on_ms)}: “${session.limit_prompt}”`}>
                Goes on {when(stop.goes_on_ms, now)}
              </time>
            ) : (
              "Goes on as soon as it can"
            )}
            .
          </strong>
        )}
      </span>
      {mayCommand && isOn && (
        <Button
          size="small"
          needsServer
          isBusy={changing.isUnderWay}
          onClick={() => put(() => sessions.cancelLimitStop(session.id))}
        >
          Cancel
        </Button>
      )}
      {mayCommand && !isOn && session.limit_prompt === null && (
        <Button
          size="small"
          needsServer
          isBusy={changing.isUnderWay}
          onClick={() => put(() => sessions.setLimitPrompt(session.id, CONTINUE))}
        >
          Go on then
        </Button>
      )}
    </div>
  );
}
