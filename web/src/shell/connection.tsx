import { useState } from "react";
import { useConnection, useLive, useStanding, useUnsent } from "../live/hooks";
import type { Connection } from "../live/socket";
import { cx } from "../ui/cx";
import { plural } from "../ui/format";
import { AsOf, useNow } from "../ui/time";
import { UnsentList } from "./unsent-list";

/** Always there and always true: whether what one sees is live, and what is unsent. Press it to try again, and see that. */
export function ConnectionPill() {
  const { socket, unsent } = useLive();
  const connection = useConnection();
  const count = useUnsentCount();
  const isLive = connection.state === "live";
  const isFine = isLive && count === 0;
  const [isListed, setListed] = useState(false);
  const tryAgain = () => {
    socket.check();
    unsent.sendAll();
    if (count > 0) setListed(true);
  };
  return (
    <>
      <button
        type="button"
        onClick={tryAgain}
        aria-haspopup={count > 0 ? "dialog" : undefined}
        title={titleFor(isLive, count)}
        className={cx(
          "inline-flex h-6 shrink-0 items-center gap-1.5 rounded-full border px-2 text-2xs font-medium whitespace-nowrap touch:h-8 touch:px-2.5",
          isFine ? "border-line text-ink-2 hover:bg-hover" : "border-warn-line bg-warn-soft text-warn",
        )}
      >
        <span
          aria-hidden
          className={cx(
            "size-1.5 rounded-full",
            isFine ? "bg-ok-dot" : "bg-warn-dot",
            connection.state === "connecting" && "working-dot",
          )}
        />
        <span className="sr-only">Connection: </span>
        <span className={count > 0 ? "sr-only" : ""}>
          {WORDS[connection.state]}
          {count > 0 && " · "}
        </span>
        {count > 0 && `${count} unsent`}
      </button>
      <UnsentList isOpen={isListed} onClose={() => setListed(false)} />
    </>
  );
}

function titleFor(isLive: boolean, unsent: number): string {
  if (unsent > 0) return "Press to see what is unsent, and to try again now.";
  return isLive ? "Connected: what you see is live. Press to check." : "Press to try again now.";
}

/** How many prompts this browser has that the server lacks; while it answers, those on their way do not count yet. */
function useUnsentCount(): number {
  const unsent = useUnsent();
  const isLive = useConnection().state === "live";
  return unsent.filter(({ message }) => message !== null || !isLive).length;
}

const WORDS: Record<Connection["state"], string> = {
  live: "Live",
  connecting: "Connecting",
  waiting: "Reconnecting",
  offline: "Offline",
  stopped: "Not connected",
};

/** One line across the page while it is cut off: of when it is, what that means, and when it tries again. */
export function ConnectionBanner() {
  const connection = useConnection();
  const { socket } = useLive();
  const count = useUnsentCount();
  const { asOfMs, isCutOff } = useStanding();
  const isOffline = connection.state === "offline";
  return (
    <div role="status">
      {isCutOff && (
        <div className="flex items-center justify-center gap-3 border-b border-warn-line bg-warn-soft px-4 py-1.5 text-xs text-warn">
          <span>
            {asOfMs !== null && (
              <strong className="font-semibold">
                <AsOf ms={asOfMs} />, offline.{" "}
              </strong>
            )}
            {isOffline
              ? "You are offline."
              : "The server does not answer. What happens meanwhile is kept on its machine."}{" "}
            <StillUnsent count={count} /> {!isOffline && <Waiting connection={connection} />}
          </span>
          <button type="button" onClick={() => socket.check()} className="font-semibold underline underline-offset-2">
            Try now
          </button>
        </div>
      )}
    </div>
  );
}

function Waiting({ connection }: { connection: Connection }) {
  const now = useNow(1000);
  const leftMs = connection.state === "waiting" ? connection.retryAtMs - now : 0;
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  return <span aria-hidden>Trying again {seconds === 0 ? "now" : `in ${seconds} s`}.</span>;
}

function StillUnsent({ count }: { count: number }) {
  const { unsent } = useLive();
  if (count === 0) return null;
  if (unsent.hasUnkept)
    return `${plural(count, "prompt")} ${count === 1 ? "is" : "are"} unsent: leave this page open until the server answers.`;
  return count === 1
    ? "1 prompt is unsent: it is kept in this browser and sent once the server answers."
    : `${count} prompts are unsent: they are kept in this browser and sent once the server answers.`;
}
