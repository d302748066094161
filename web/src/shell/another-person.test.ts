import { renderHook } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { User } from "../api/types";
import { useBeginAnewForAnother } from "./another-person";

const user = (id: string, username: string) => ({ id, username }) as User;

test("a page is opened anew once somebody else has signed in in another window, and not for a change of name", () => {
  const reload = vi.spyOn(location, "reload").mockImplementation(() => {});
  const { rerender } = renderHook(useBeginAnewForAnother, { initialProps: undefined as User | undefined });
  for (const name of ["ada", "lovelace"]) rerender(user("u1", name));
  expect(reload).not.toHaveBeenCalled();
  rerender(user("u2", "grace"));
  expect(reload).toHaveBeenCalledTimes(1);
});
