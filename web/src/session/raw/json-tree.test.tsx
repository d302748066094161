import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { JsonTree } from "./json-tree";

function nested(levels: number): unknown {
  let value: unknown = "the innermost";
  for (let level = levels; level > 0; level -= 1) value = { [`level ${level}`]: value };
  return value;
}

test("what is nested hundreds of levels deep is shown, and unfolded level by level", async () => {
  const { container } = render(<JsonTree value={nested(500)} />);
  const summaries = () => [...container.querySelectorAll("summary")];
  expect(summaries()).toHaveLength(3);
  expect(screen.queryByText(/level 3:/)).toBeNull();
  await userEvent.click(summaries()[2] as HTMLElement);
  expect(await screen.findByText(/level 3:/)).toBeTruthy();
  await userEvent.click(summaries()[0] as HTMLElement);
  expect(summaries()).toHaveLength(1);
});
