import type { TurnItem } from "../../api/types";
import { compact, cost, count, duration } from "../../ui/format";
import { visible } from "../../ui/visible";

const INTERRUPTED = ["aborted_streaming", "aborted_tools"];

/** The end of a turn: how long it took, what it used, and how it ended if not well. */
export function Turn({ item }: { item: TurnItem }) {
  const { is_error, terminal_reason, subtype, duration_ms, cost_usd, input_tokens, output_tokens, result } = item.body;
  const isInterrupted = terminal_reason !== null && INTERRUPTED.includes(terminal_reason);
  const { context_tokens, context_window } = item.body;
  const facts = [
    duration_ms !== null && duration(duration_ms),
    input_tokens !== null && output_tokens !== null && (
      <span key="tokens" title={`${count(input_tokens)} tokens in, ${count(output_tokens)} out`}>
        {compact(input_tokens)} in · {compact(output_tokens)} out
      </span>
    ),
    cost_usd !== null && cost_usd > 0 && cost(cost_usd),
    context_tokens && context_window ? (
      <span key="context" title={`${count(context_tokens)} of ${count(context_window)} tokens of context are in use`}>
        context {Math.max(1, Math.round((100 * context_tokens) / context_window))} %
      </span>
    ) : (
      false
    ),
  ].filter((fact) => fact !== false);
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 pt-1 pb-3 text-2xs text-ink-3 tabular-nums">
      {isInterrupted && <span className="font-medium text-warn">Interrupted</span>}
      {is_error && !isInterrupted && (
        <span className="basis-full text-xs [overflow-wrap:anywhere] whitespace-pre-wrap text-bad">
          <span className="font-medium">Failed:</span> {visible(reasonOf(result, subtype))}
        </span>
      )}
      {facts.map((fact, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the facts of one turn keep their places
        <span key={at}>{fact}</span>
      ))}
      <span aria-hidden className="h-px min-w-8 flex-1 bg-line" />
    </div>
  );
}

const LONGEST_REASON = 2_000;

function reasonOf(result: string | null, subtype: string): string {
  if (result === null) return subtype.replaceAll("_", " ");
  return result.length <= LONGEST_REASON ? result : `${result.slice(0, LONGEST_REASON)}…`;
}
