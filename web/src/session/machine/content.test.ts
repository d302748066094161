import { expect, test } from "vitest";
import { fromBase64, imageTypeOf, inside, nameOf, textOf, toBase64 } from "./content";

test("bytes come back from Base64 as they were", () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at % 256);
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
});

test("a character that is cut at the end is left out, and one that is none is marked", () => {
  const bytes = new TextEncoder().encode("naïve é");
  expect(textOf(toBase64(bytes.subarray(0, -1)))).toBe("naïve ");
  expect(textOf(toBase64(Uint8Array.of(0x61, 0xff, 0x62)))).toBe("a\ufffdb");
});

test("an image is known by its ending, and a drawing that could hold a script is none", () => {
  expect(["a.PNG", "b.tar.jpg", "c.svg", "d", "png"].map(imageTypeOf)).toEqual([
    "image/png",
    "image/jpeg",
    null,
    null,
    "image/png",
  ]);
});

test("a path is put together and taken apart, also at the root", () => {
  expect([inside("/", "a"), inside("/a/b", "c")]).toEqual(["/a", "/a/b/c"]);
  expect([nameOf("/"), nameOf("/a"), nameOf("/a/b.txt")]).toEqual(["/", "a", "b.txt"]);
});
