import { Link } from "@tanstack/react-router";
import type { Hit } from "../api/types";
import { cost } from "../ui/format";
import { Ago } from "../ui/time";
import { visible } from "../ui/visible";

const KINDS: Record<string, string> = {
  title: "Title",
  user: "Prompt",
  message: "Claude",
  thinking: "Thinking",
  tool: "Tool",
  request: "Request",
  turn: "Turn",
  task: "Task",
  notice: "Notice",
  raw: "Message",
};

/** One place where something was found; it leads there. */
export function HitRow({ hit }: { hit: Hit }) {
  return (
    <li className="border-b border-line last:border-0">
      <Link
        to="/sessions/$sessionId"
        params={{ sessionId: hit.session_id }}
        search={hit.no === 0 ? {} : { item: hit.no }}
        data-hit
        className="block px-3 py-2.5 -outline-offset-2 hover:bg-hover/60 md:px-5"
      >
        <span className="flex items-baseline gap-2">
          <span className="shrink-0 rounded bg-hover px-1.5 text-2xs font-medium text-ink-2">
            {KINDS[hit.kind] ?? hit.kind}
          </span>
          <span className="min-w-0 flex-1 truncate text-sm font-medium">
            {visible(hit.session_title.trim()) || "Untitled session"}
          </span>
          <Ago ms={hit.at_ms} className="shrink-0 text-xs text-ink-3 tabular-nums" />
        </span>
        <span className="mt-1 line-clamp-3 text-sm leading-5 text-ink-2 [overflow-wrap:anywhere] [unicode-bidi:plaintext]">
          {hit.excerpt.map((piece, at) =>
            piece.is_hit ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of an excerpt never move
              <mark key={at} className="rounded-sm bg-accent-soft font-medium text-ink">
                {visible(piece.text)}
              </mark>
            ) : (
              visible(piece.text)
            ),
          )}
        </span>
        <span className="mt-0.5 block truncate text-xs text-ink-3">
          {hit.agent_name} · {hit.project_name}
          {hit.cost_usd !== null && ` · ${cost(hit.cost_usd)}`}
        </span>
      </Link>
    </li>
  );
}
