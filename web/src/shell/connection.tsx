import { useConnection, useLive } from "../live/hooks";
import type { Connection } from "../live/socket";
import { cx } from "../ui/cx";
import { useNow } from "../ui/time";

/** Always there and always true: whether what one sees is live. Press it to try again at once. */
export function ConnectionPill() {
  const { socket } = useLive();
  const connection = useConnection();
  const isLive = connection.state === "live";
  return (
    <button
      type="button"
      onClick={() => socket.check()}
      title={isLive ? "Connected: what you see is live. Press to check." : "Press to try again now."}
      className={cx(
        "inline-flex h-6 shrink-0 items-center gap-1.5 rounded-full border px-2 text-2xs font-medium whitespace-nowrap touch:h-8 touch:px-2.5",
        isLive ? "border-line text-ink-2 hover:bg-hover" : "border-warn-line bg-warn-soft text-warn",
      )}
    >
      <span
        aria-hidden
        className={cx(
          "size-1.5 rounded-full",
          isLive ? "bg-ok-dot" : "bg-warn-dot",
          connection.state === "connecting" && "working-dot",
        )}
      />
      <span className="sr-only">Connection: </span>
      {WORDS[connection.state]}
    </button>
  );
}

const WORDS: Record<Connection["state"], string> = {
  live: "Live",
  connecting: "Connecting",
  waiting: "Reconnecting",
  offline: "Offline",
  stopped: "Not connected",
};

/** One line across the page while it is cut off: what that means, and when it tries again. */
export function ConnectionBanner() {
  const connection = useConnection();
  const { socket } = useLive();
  const isShown = connection.state === "offline" || (connection.state === "waiting" && connection.attempts > 1);
  return (
    <div role="status">
      {isShown && (
        <div className="flex items-center justify-center gap-3 border-b border-warn-line bg-warn-soft px-4 py-1.5 text-xs text-warn">
          {connection.state === "offline" ? (
            <span>You are offline. What is shown may be old; it comes up to date by itself.</span>
          ) : (
            <Waiting connection={connection} />
          )}
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
  if (connection.state !== "waiting") return null;
  const seconds = Math.max(0, Math.ceil((connection.retryAtMs - now) / 1000));
  return (
    <span>
      The server does not answer. Nothing is lost: sessions run on.{" "}
      <span aria-hidden>Trying again {seconds === 0 ? "now" : `in ${seconds} s`}.</span>
    </span>
  );
}
