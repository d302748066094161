import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { answerCalls, show } from "../testing/page";
import { message } from "../testing/samples";
import { Shared } from "./shared";

const PIECE = { title: "Mend the parser", state: "ended", mode: "chat", model: null, created_ms: 1, expires_ms: 2 };

function arrive(code: string) {
  location.hash = `#${code}`;
}

test("a shared transcript is read to its end, and its code leaves the address", async () => {
  arrive("the-code");
  const asked = answerCalls((_method, _path, body) => {
    const { after } = body as { after: number };
    return { ...PIECE, items: [message(after + 1, "x"), message(after + 2, "y")], has_more: after === 0 };
  });
  const { live } = show(<Shared />);
  await screen.findByRole("heading", { name: "Mend the parser" });
  await expect.poll(() => live.store.transcripts.view("shared").order).toEqual([1, 2, 3, 4]);
  expect(asked).toEqual([
    ["POST /shared", { code: "the-code", after: 0 }],
    ["POST /shared", { code: "the-code", after: 2 }],
  ]);
  expect(location.hash).toBe("");
  expect(screen.queryByRole("textbox")).toBeNull();
});
