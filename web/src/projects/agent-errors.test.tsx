import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { faults, show } from "../testing/page";
import { agent } from "../testing/samples";
import { AgentErrors } from "./agent-errors";

test("what went wrong on a machine is shown as text, with how often", async () => {
  const error = {
    code: "c",
    message: "<b>The spool is full.</b>",
    session_id: null,
    first_ms: 1,
    last_ms: 2,
    times: 3,
  };
  const { container } = show(<AgentErrors agent={agent({ errors: [error] })} />);
  expect(screen.getByRole("list", { name: "Errors of laptop" }).textContent).toMatch(
    /^<b>The spool is full\.<\/b> .*, 3 times$/,
  );
  expect(await faults(container)).toEqual([]);
});

test("where nothing went wrong nothing is shown", () => {
  const { container } = show(<AgentErrors agent={agent()} />);
  expect(container.textContent).toBe("");
});
