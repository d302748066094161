import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Schedule } from "../api/types";
import { answerCalls, faults, show } from "../testing/page";
import { agent } from "../testing/samples";
import { ScheduleForm } from "./schedule-form";

const MORNING_MS = Date.UTC(2026, 11, 1, 6, 30);
const before: Schedule = {
  id: "s1",
  project_id: "p1",
  agent_id: "a1",
  agent_name: "laptop",
  name: "Morning look",
  expression: "30 7 * * *",
  words: "At 07:30 every day",
  time_zone: "Asia/Tokyo",
  directory: null,
  prompt: "look",
  model: null,
  permission_mode: "plan",
  missed: "once",
  wait_minutes: 30,
  ends_when_done: false,
  runs_as: "ada",
  created_ms: 1,
  next_ms: MORNING_MS,
  stopped: null,
};

function form(schedule: Schedule | null) {
  const onSaved = vi.fn(async () => {});
  const onClose = vi.fn();
  const shown = show(
    <ScheduleForm projectId="p1" agents={[agent()]} before={schedule} onClose={onClose} onSaved={onSaved} />,
  );
  return { ...shown, onSaved, onClose };
}

test("the next times are shown as one types, as they are in the schedule's time zone", async () => {
  answerCalls((_, path) => {
    if (path.endsWith("/recent-directories")) return [];
    return path.includes("30+7") || path.includes("30%207")
      ? { words: "At 07:30 every day", next_ms: [MORNING_MS], problem: null }
      : { words: null, next_ms: [], problem: "The expression must have five fields" };
  });
  const { container } = form(null);
  await userEvent.clear(screen.getByLabelText("Time zone"));
  await userEvent.type(screen.getByLabelText("Time zone"), "Asia/Tokyo");
  await userEvent.type(screen.getByLabelText("When"), "7");
  expect((await screen.findByRole("status", { name: "Next times" })).textContent).toMatch("five fields");
  await userEvent.clear(screen.getByLabelText("When"));
  await userEvent.type(screen.getByLabelText("When"), "30 7 * * *");
  expect(await screen.findByText("At 07:30 every day")).toBeTruthy();
  expect(screen.getByRole("listitem").textContent).toMatch(/Tue, Dec 1, 2026, 15:30/);
  expect(await faults(container)).toEqual([]);
});

test("what is changed is saved as a plan, and nothing else of the schedule", async () => {
  const asked = answerCalls((method, path) => {
    if (path.endsWith("/recent-directories")) return [];
    return method === "PUT" ? before : { words: "At 07:30 every day", next_ms: [MORNING_MS], problem: null };
  });
  const { onSaved, onClose } = form(before);
  await userEvent.clear(screen.getByLabelText("Prompt"));
  await userEvent.type(screen.getByLabelText("Prompt"), " look closer ");
  await userEvent.click(screen.getByRole("button", { name: "Save schedule" }));
  await vi.waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(onSaved).toHaveBeenCalled();
  const { name, agent_id, expression, time_zone, directory, model, permission_mode } = before;
  const { missed, wait_minutes, ends_when_done } = before;
  const place = { agent_id, directory, model, permission_mode, missed, wait_minutes, ends_when_done };
  expect(asked).toContainEqual([
    "PUT /projects/p1/schedules/s1",
    { name, expression, time_zone, prompt: "look closer", ...place },
  ]);
});
