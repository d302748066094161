import { expect, test } from "vitest";
import { request } from "../testing/samples";
import { grouped } from "./groups";

const one = request({ session_id: "s1", id: "r1" });
const same = request({ session_id: "s2", id: "r1" });

test("equal requests of several sessions are one group, in the place of the oldest", () => {
  const other = request({ session_id: "s3", input: { command: "make clean" } });
  const groups = grouped([one, other, same], () => false);
  expect(groups.map(({ requests }) => requests)).toEqual([[one, same], [other]]);
});

test("what may be allowed for longer differs, so the requests are not equal", () => {
  const elsewhere = { ...same, suggestions: [{ label: "Allow make in another directory" }] };
  expect(grouped([one, elsewhere], () => false)).toHaveLength(2);
});

test("another path or another server of tools makes another request of it", () => {
  const elsewhere = { ...same, blocked_path: "/etc/hosts" };
  const foreign = { ...same, mcp_server: "other" };
  expect(grouped([one, elsewhere, foreign], () => false)).toHaveLength(3);
});

test("requests whose input was shortened for showing may differ in what is not shown: each stands alone", () => {
  const input = { content: "the same beginning… [9 more characters]" };
  expect(
    grouped(
      [
        { ...one, input },
        { ...same, input },
      ],
      () => false,
    ),
  ).toHaveLength(2);
});

test("questions and plans stand alone: each belongs to its own conversation", () => {
  const plan = request({ kind: "plan", session_id: "s1" });
  expect(grouped([plan, { ...plan, session_id: "s2" }], () => false)).toHaveLength(2);
});

test("a group is taken apart where somebody wants to answer one by one", () => {
  const [group] = grouped([one, same], () => false);
  expect(grouped([one, same], (key) => key === group?.key)).toHaveLength(2);
});
