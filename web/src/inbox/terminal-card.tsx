import { Link } from "@tanstack/react-router";
import { SquareTerminal } from "lucide-react";
import type { Session } from "../api/types";
import { titleOf } from "../sessions/status";
import { buttonClass } from "../ui/button";
import { Ago } from "../ui/time";

/** A terminal that waits for a person: it is answered where it is asked, on its screen. */
export function TerminalCard({ session }: { session: Session }) {
  return (
    <article
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys that move through the inbox stop here, too
      tabIndex={0}
      aria-label={`${titleOf(session)} waits in its terminal`}
      className="rounded-xl border border-line-strong bg-surface focus-visible:outline-2"
    >
      <header className="flex items-center gap-3 border-b border-line px-4 py-2 text-xs text-ink-3">
        <span className="flex min-w-0 flex-1 items-baseline gap-2">
          <span className="truncate font-medium text-ink">{titleOf(session)}</span>
          <span className="shrink-0">{session.agent_name}</span>
        </span>
        <Ago ms={session.updated_ms} className="tabular-nums" />
      </header>
      <div className="flex flex-wrap items-center gap-3 px-4 py-3">
        <p className="min-w-0 flex-1 text-sm text-ink-2">Claude waits for you on the screen of its terminal.</p>
        <Link to="/sessions/$sessionId" params={{ sessionId: session.id }} className={buttonClass()}>
          <SquareTerminal aria-hidden className="size-4" />
          Open the terminal
        </Link>
      </div>
    </article>
  );
}
