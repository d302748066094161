import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Rows } from "./rows";

const ROWS = ["a", "b", "c"];
const keyOf = (row: string) => row;
const wide = () => 60;
const narrow = () => 79;

test("rows that become taller, as in a window that becomes narrow, have room at once", () => {
  const list = (heightPxOf: () => number) => (
    <Rows label="Letters" rows={ROWS} keyOf={keyOf} heightPxOf={heightPxOf}>
      {(row) => row}
    </Rows>
  );
  const { rerender } = render(list(wide));
  const inner = () => (screen.getByRole("group", { name: "Letters" }).firstElementChild as HTMLElement).style.height;
  expect(inner()).toBe("180px");
  rerender(list(narrow));
  expect(inner()).toBe("237px");
});
