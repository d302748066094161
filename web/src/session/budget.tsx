import { useQuery, useQueryClient } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { sessionBudgetsQuery, sessions } from "../api/resources";
import type { Budget, Budgets, Session } from "../api/types";
import { Button } from "../ui/button";
import { cx } from "../ui/cx";
import { inputClass } from "../ui/field";
import { cost, fullTime } from "../ui/format";
import { attempt } from "../ui/toast";

type Named = [name: string, budget: Budget];

/** Says that a budget is nearly or wholly used up: what that means, and when or how it goes on. */
export function BudgetNotice({ session }: { session: Session }) {
  const { data } = useQuery(sessionBudgetsQuery(session));
  const worst = data && worstOf(data);
  if (!worst) return null;
  const [name, budget] = worst;
  const isSpent = budget.standing === "spent";
  return (
    <p
      role="status"
      className={cx(
        "mx-auto mb-2 flex w-full max-w-3xl items-start gap-2 rounded-lg border px-3 py-2 text-xs",
        isSpent ? "border-bad-line bg-bad-soft text-bad" : "border-warn-line bg-warn-soft text-warn",
      )}
    >
      <TriangleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
      <span>
        {name} is {isSpent ? "" : "nearly "}used up: {cost(budget.spent_usd)} of {cost(budget.limit_usd)}.
        {isSpent && ` Claude begins no new turn; what waits stays waiting. ${remedy(budget)}`}
      </span>
    </p>
  );
}

function remedy({ until_ms }: Budget): string {
  if (until_ms === null) return "Give the session a larger budget in its details.";
  return `It goes on ${fullTime(until_ms)}, or when an owner raises the budget in the project's settings.`;
}

/** The budget that is used up, or else nearly. */
function worstOf({ day, month, session }: Budgets): Named | undefined {
  const named: [string, Budget | null][] = [
    ["This session's budget", session],
    ["The project's budget of this month", month],
    ["The project's budget of today", day],
  ];
  const set = named.filter((each): each is Named => each[1] !== null);
  return set.find(([, { standing }]) => standing === "spent") ?? set.find(([, { standing }]) => standing === "near");
}

/** What the session may cost in all; those who may command it choose. */
export function SessionBudget({ session, mayCommand }: { session: Session; mayCommand: boolean }) {
  const client = useQueryClient();
  const query = sessionBudgetsQuery(session);
  const { data } = useQuery(query);
  const [typed, setTyped] = useState<string | null>(null);
  if (data === undefined) return "–";
  const limit = data.session?.limit_usd ?? null;
  const shown = limit === null ? "none of its own" : `${cost(data.session?.spent_usd ?? 0)} of ${cost(limit)} used`;
  if (!mayCommand) return shown;
  if (typed === null)
    return (
      <span className="flex items-center gap-2">
        <span className="flex-1">{shown}</span>
        <Button size="small" aria-label="Change the budget" onClick={() => setTyped(limit?.toString() ?? "")}>
          Change
        </Button>
      </span>
    );
  return (
    <form
      className="flex items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt("The budget was not changed", async () => {
          client.setQueryData(
            query.queryKey,
            await sessions.setBudget(session.id, typed === "" ? null : Number(typed)),
          );
          setTyped(null);
        });
      }}
    >
      <input
        aria-label="Budget of this session in US dollars"
        type="number"
        inputMode="decimal"
        min={0}
        step="any"
        placeholder="no limit"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        className={cx(inputClass, "h-8 min-w-0 touch:h-11")}
      />
      <Button size="small" type="submit">
        Save
      </Button>
    </form>
  );
}
