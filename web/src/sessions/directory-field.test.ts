import { expect, it } from "vitest";
import { offered } from "./directory-field";

const RECENT = ["/srv/app", "/srv/Site"];
const ALLOWED = ["/srv", "/srv/app"];

it("offers what was used last first, and each directory once", () => {
  expect(offered(RECENT, ALLOWED, "")).toEqual([
    { title: "Used before", items: RECENT },
    { title: "Allowed here", items: ["/srv"] },
  ]);
});

it("offers what has the typed in it, in capitals or not, and nothing that stands there already", () => {
  expect(offered(RECENT, ALLOWED, "SITE")).toEqual([{ title: "Used before", items: ["/srv/Site"] }]);
  expect(offered(RECENT, ALLOWED, "/srv")).toEqual([{ title: "Used before", items: RECENT }]);
  expect(offered(RECENT, ALLOWED, "/elsewhere")).toEqual([]);
});
