import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { budgetsQuery, projects } from "../api/resources";
import type { Budget, Budgets, Project } from "../api/types";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { cx } from "../ui/cx";
import { Field } from "../ui/field";
import { cost } from "../ui/format";
import { tell } from "../ui/toast";

/** What a project may cost in a day and in a month. */
export function ProjectBudgets({ project }: { project: Project }) {
  const { data } = useQuery(budgetsQuery(project.id));
  if (data === undefined) return null;
  return <Form key={`${data.day?.limit_usd} ${data.month?.limit_usd}`} project={project} budgets={data} />;
}

function Form({ project, budgets }: { project: Project; budgets: Budgets }) {
  const client = useQueryClient();
  const action = useAction(["day_usd", "month_usd"]);
  const [day, setDay] = useState(budgets.day?.limit_usd.toString() ?? "");
  const [month, setMonth] = useState(budgets.month?.limit_usd.toString() ?? "");
  const isOwner = project.role === "owner";
  const wanted = { day_usd: day === "" ? null : Number(day), month_usd: month === "" ? null : Number(month) };
  const isChanged =
    wanted.day_usd !== (budgets.day?.limit_usd ?? null) || wanted.month_usd !== (budgets.month?.limit_usd ?? null);
  const isUnset = budgets.day === null && budgets.month === null;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const isDone = await action.run(async () => {
      const time_zone = isUnset ? here : budgets.time_zone; // once set, the days stay what they were
      const now = await projects.setBudgets(project.id, { ...wanted, time_zone });
      client.setQueryData(budgetsQuery(project.id).queryKey, now);
    });
    if (isDone) tell("The budgets are saved.");
  };
  return (
    <form onSubmit={save} className="flex flex-col items-start gap-3" aria-label="Budgets">
      <div>
        <h2 className="text-sm font-semibold">Budgets</h2>
        <p className="mt-1 text-sm text-ink-2">
          What Claude may cost in this project. People are warned at 80 %; once a budget is used up, no new turn begins,
          and what waits stays waiting. A turn that runs is not cut off, and may go beyond.{" "}
          <Link to="/usage" search={{ project: project.id }} className="underline underline-offset-2">
            See what was used
          </Link>
        </p>
      </div>
      <div className="grid w-full max-w-sm grid-cols-2 gap-3">
        <Field
          label="US dollars a day"
          type="number"
          inputMode="decimal"
          min={0}
          step="any"
          placeholder="no limit"
          value={day}
          disabled={!isOwner}
          onChange={(event) => setDay(event.target.value)}
          error={action.fieldError("day_usd")}
          hint={budgets.day && <Used of={budgets.day} />}
        />
        <Field
          label="US dollars a month"
          type="number"
          inputMode="decimal"
          min={0}
          step="any"
          placeholder="no limit"
          value={month}
          disabled={!isOwner}
          onChange={(event) => setMonth(event.target.value)}
          error={action.fieldError("month_usd")}
          hint={budgets.month && <Used of={budgets.month} />}
        />
      </div>
      {!isUnset && <p className="text-xs text-ink-3">Days and months are those of {budgets.time_zone}.</p>}
      {action.error !== undefined && (
        <p role="alert" className="text-xs text-bad">
          {action.error}
        </p>
      )}
      {isOwner && (
        <Button type="submit" isBusy={action.isBusy} disabled={!isChanged}>
          Save budgets
        </Button>
      )}
    </form>
  );
}

function Used({ of: { spent_usd, limit_usd, standing } }: { of: Budget }) {
  const look = { free: "", near: "text-warn", spent: "text-bad" }[standing];
  return (
    <span className={cx("tabular-nums", look)}>
      {cost(spent_usd)} of {cost(limit_usd)} used
    </span>
  );
}
