import { act } from "@testing-library/react";
import { expect, it } from "vitest";
import { quietLive, show } from "../testing/page";
import { request } from "../testing/samples";
import { useAppBadge } from "./badge";

function Badged() {
  useAppBadge();
  return null;
}

it("says on the icon how much waits, and nothing when nothing does or one has left", async () => {
  const said: number[] = [];
  Object.assign(navigator, {
    setAppBadge: async (count: number) => void said.push(count),
    clearAppBadge: async () => void said.push(0),
  });
  const live = quietLive();
  const { unmount } = show(<Badged />, live);
  const tell = (...requests: Parameters<typeof request>[0][]) =>
    act(() => {
      for (const each of requests) live.store.putRequest(request(each));
      live.store.topics.flush();
    });
  await tell({ id: "r1" }, { id: "r2" });
  await tell({ id: "r1", state: "answered" }, { id: "r2", state: "answered" });
  unmount();
  expect(said).toEqual([0, 2, 0, 0]);
});
