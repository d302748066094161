import { expect, test } from "vitest";
import { encoded } from "../../testing/frames";
import { decodeFrames, kindOf, type LogFrame, linesOf, wholeBytes } from "./frames";

function joined(...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

const frame = (text: string): LogFrame => ({ seq: 1, epoch: 1, stream: "stdout", atMs: 0, text });

test("frames are read from their bytes", () => {
  const bytes = joined(encoded(7, 2, '{"type":"result"}\n'), encoded(8, 3, "ö"));
  expect(decodeFrames(bytes.buffer)).toEqual([
    { seq: 7, epoch: 2, stream: "stdout", atMs: 1_700_000_000_123, text: '{"type":"result"}\n' },
    { seq: 8, epoch: 2, stream: "stderr", atMs: 1_700_000_000_123, text: "ö" },
  ]);
});

test.each([
  ["cut in its header", (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, 30)],
  ["cut in its payload", (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, 46)],
  ["of something else", (bytes: Uint8Array<ArrayBuffer>) => joined(new Uint8Array([0]), bytes.slice(1))],
])("what is %s is refused", (_, spoil) => {
  expect(() => decodeFrames(spoil(encoded(1, 2, "abc")).buffer)).toThrow("damaged");
});

test("a piece that ends in the midst of a frame is read up to that", () => {
  const first = encoded(1, 2, "abc");
  const bytes = joined(first, encoded(2, 2, "def"));
  for (let length = first.length; length < bytes.length; length += 1)
    expect(wholeBytes(bytes.slice(0, length))).toBe(first.length);
  expect(wholeBytes(bytes)).toBe(bytes.length);
});

test("a frame is named for the JSON in it, and for its stream where there is none", () => {
  expect(
    kindOf(frame('{"type":"system","subtype":"init"}\n{"type":"stream_event","event":{"type":"message_start"}}')),
  ).toBe("system init, stream_event message_start");
  expect(kindOf(frame('{"type":"assis'))).toBe("stdout");
});

test("half a line is shown as it is", () => {
  expect(linesOf(frame('tail"}\n\n{"type":"user"}\n{"ty'))).toEqual([
    { text: 'tail"}', json: undefined },
    { text: '{"type":"user"}', json: { type: "user" } },
    { text: '{"ty', json: undefined },
  ]);
});
