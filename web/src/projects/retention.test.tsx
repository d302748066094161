import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { faults, show } from "../testing/page";
import { Retention } from "./retention";

const project = { id: "p1", name: "Home", role: "owner" as const, created_ms: 1, agents: 1, sessions: 3 };
const kept = {
  keep_days: null,
  keep_bytes: null,
  stored: { sessions: 3, bytes: 2_500_000 },
  due: { sessions: 0, bytes: 0 },
  unremovable: 0,
};
const asked: [string, string, unknown][] = [];

function answers(now: object) {
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => {
    const method = init?.method ?? "GET";
    asked.push([method, path, init?.body ? JSON.parse(String(init.body)) : undefined]);
    const body = path.includes("/preview") ? { sessions: 2, bytes: 1_572_864 } : now;
    return new Response(JSON.stringify(method === "PUT" ? { ...now, keep_days: 30 } : body), {
      headers: { "content-type": "application/json" },
    });
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
  asked.length = 0;
});

test("what would go is said before it is saved", async () => {
  answers(kept);
  const { container } = show(<Retention project={project} />);
  const save = await screen.findByRole<HTMLButtonElement>("button", { name: "Save" });
  expect(save.disabled).toBe(true);
  await userEvent.type(screen.getByLabelText("Days"), "30");
  await screen.findByText(/The output of 2 sessions goes within the hour: 1\.5 MB/);
  expect(await faults(container)).toEqual([]);
  await userEvent.click(save);
  await screen.findByDisplayValue("30");
  expect(asked).toContainEqual(["PUT", "/api/v1/projects/p1/retention", { keep_days: 30, keep_bytes: null }]);
});

test("who may not change it reads it, and of what could not be removed", async () => {
  answers({ ...kept, keep_days: 7, unremovable: 1 });
  show(<Retention project={{ ...project, role: "viewer" as const }} />);
  expect((await screen.findByLabelText<HTMLInputElement>("Days")).disabled).toBe(true);
  expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
  expect(screen.getByText(/the record does not hold/)).toBeTruthy();
});
