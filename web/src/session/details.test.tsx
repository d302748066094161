import { expect, test } from "vitest";
import type { Verification } from "../api/types";
import { faults, show } from "../testing/page";
import { Verdict } from "./details";

const good: Verification = {
  verified: true,
  frames: 12,
  batches: 4,
  first_bad_seq: null,
  problem: null,
  head: "00",
  checkpoints: 5,
  signed_seq: 12,
  signed_ms: 1,
  closing: "closed",
  keys: ["vj45bnnsbpuctpbg345kyldsnhu66z52"],
  removed: null,
};

test("a record that holds says how far the machine has signed it, and with which key", async () => {
  const { container } = show(<Verdict verification={good} />);
  expect(container.textContent).toBe(
    "Complete and unchanged: 12 frames in 4 signed batches. The machine has signed that it ends there." +
      "Signed by the machine's key vj45bnnsbpuctpbg345kyldsnhu66z52, up to frame 12.",
  );
  expect(await faults(container)).toEqual([]);
});

test("a record without checkpoints is said to be the server's word", () => {
  const unsigned: Verification = { ...good, checkpoints: 0, signed_seq: 0, closing: "unsigned", keys: [] };
  const { container } = show(<Verdict verification={unsigned} />);
  expect(container.textContent).toContain("this is the server's word");
});

test("of output that was removed the tombstone speaks", () => {
  const removed = {
    frames: 12,
    batches: 4,
    bytes: 900,
    removed_ms: 1,
    cause: "age" as const,
    kept: 30,
    key: "serverkey",
  };
  const { container } = show(<Verdict verification={{ ...good, frames: 0, batches: 0, removed }} />);
  expect(container.textContent).toMatch(
    /^Removed on .*: 12 frames, checked before\. The tombstone holds, signed by the server's key serverkey\./,
  );
  expect(container.textContent).toContain("The machine has signed that it ends there.");
  expect(container.textContent).not.toContain("Complete");
});

test("what failed is said plainly, with the first bad frame", () => {
  const bad: Verification = {
    ...good,
    verified: false,
    first_bad_seq: 7,
    problem: "Frame 7 was changed: its checksum does not match.",
  };
  const { container } = show(<Verdict verification={bad} />);
  expect(container.textContent).toBe("Frame 7 was changed: its checksum does not match. First bad frame: 7.");
});
