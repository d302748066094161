import { expect, it } from "vitest";
import type { Project, Template } from "../api/types";
import { agent, session } from "../testing/samples";
import { entriesFor, type World } from "./entries";

const project = { id: "p1", name: "Home", role: "owner" } as Project;
const world: World = {
  sessions: [
    session({ id: "s1", title: "Mend the fence", activity: "idle" }),
    session({ id: "s2", title: "Paint the door", pending_requests: 1 }),
  ],
  agents: [agent(), agent({ id: "a2", name: "shed", online: false })],
  projects: [project],
  templates: [],
  waiting: 1,
};
const ids = (typed: string, changes: Partial<World> = {}) =>
  entriesFor(typed, { ...world, ...changes }).flatMap(({ items }) => items.map(({ id }) => id));

it("offers a new session first, then what waits for a person", () => {
  expect(ids("").slice(0, 3)).toEqual(["new", "s2", "s1"]);
});

it("finds by all of the words, wherever they stand", () => {
  expect(ids("fence laptop")).toEqual(["s1", "prompt", "search"]);
  expect(ids("DOOR waiting")).toEqual(["s2", "prompt", "search"]);
});

it("starts on machines that are there, in projects where one may", () => {
  expect(ids("session on laptop")).toEqual(["start a1", "prompt", "search"]);
  expect(ids("session on shed")).toEqual(["prompt", "search"]);
  expect(ids("session on laptop", { projects: [{ ...project, role: "viewer" }] })).toEqual(["prompt", "search"]);
});

it("takes what is nothing's name for a prompt", () => {
  const [group] = entriesFor("  make it rain ", world);
  expect(group?.items[0]?.deed).toEqual({ type: "start", prompt: "make it rain" });
});

it("starts from templates by their names", () => {
  const template = { id: "t1", name: "Release notes", prompt: "Write them." } as Template;
  expect(ids("", { templates: [template] }).indexOf("new")).toBe(0);
  expect(ids("start: release", { templates: [template] })[0]).toBe("t1");
});

it("goes to every view there is", () => {
  const views = entriesFor("", world).find(({ title }) => title === "Go to")?.items;
  expect(views?.map(({ id }) => id)).toEqual(["/", "/inbox", "/search", "/usage", "/projects", "/account"]);
});

it("looks in transcripts for what was typed, once that is enough to look for", () => {
  const found = entriesFor(" make it rain ", world).find(({ title }) => title === "Search");
  expect(found?.items[0]?.deed).toEqual({ type: "search", words: "make it rain" });
  expect(ids("ma")).not.toContain("search");
});

it("shows a few of many sessions, and finds the others", () => {
  const sessions = Array.from({ length: 2_000 }, (_, n) => session({ id: `s${n}`, title: `Task ${n}` }));
  expect(entriesFor("", { ...world, sessions }).find(({ title }) => title === "Sessions")?.items).toHaveLength(6);
  expect(ids("task 1234", { sessions })).toContain("s1234");
});
