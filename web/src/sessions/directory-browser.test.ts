import { expect, it } from "vitest";
import type { Directory } from "../api/types";
import { nextSkip, parentOf } from "./directory-browser";

const page = (more: boolean, ...kinds: ("directory" | "file")[]): Directory => ({
  path: "/srv",
  more,
  is_cut: false,
  entries: kinds.map((kind, n) => ({ name: `${n}`, kind, is_link: false, size: 0, modified_ms: 0 })),
});

it("asks on while there may be directories, which come before files", () => {
  expect(
    nextSkip(page(true, "directory", "directory"), [page(true, "directory"), page(true, "directory", "directory")]),
  ).toBe(3);
  expect(nextSkip(page(true, "directory", "file"), [])).toBeNull();
  expect(nextSkip(page(false, "directory"), [])).toBeNull();
});

it("goes up as far as the machine allows", () => {
  expect(parentOf("/srv/app/web", ["/srv/app"])).toBe("/srv/app");
  expect(parentOf("/srv/app", ["/srv/app"])).toBeNull();
  expect(parentOf("/srv", [])).toBe("/");
  expect(parentOf("/", [])).toBeNull();
});
