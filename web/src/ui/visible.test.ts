import { describe, expect, test } from "vitest";
import { visible } from "./visible";

describe("what a person is to judge", () => {
  test.each([
    ["a turned direction", "safe\u202egpj.exe", "safe⟨U+202E⟩gpj.exe"],
    ["an isolate", "a\u2066b", "a⟨U+2066⟩b"],
    ["a zero-width space", "rm\u200b -rf", "rm⟨U+200B⟩ -rf"],
    ["a joiner in a command", "r\u200dm", "r⟨U+200D⟩m"],
    ["a byte order mark", "\ufeffls", "⟨U+FEFF⟩ls"],
    ["a control character", "a\u001b[2Kb", "a⟨U+001B⟩[2Kb"],
    ["a bare carriage return", "evil\rgood", "evil⟨U+000D⟩good"],
    ["a tag", "a\u{e0061}b", "a⟨U+E0061⟩b"],
  ])("shows %s", (_, hidden, shown) => {
    expect(visible(hidden)).toBe(shown);
  });

  test.each(["tabs\tand\nlines", "windows\r\nlines", "👨‍👩‍👧 héllo", "می‌خواهم", "שלום"])(
    "leaves %j as it reads",
    (text) => {
      expect(visible(text)).toBe(text.replace("\r\n", "\n"));
    },
  );
});
