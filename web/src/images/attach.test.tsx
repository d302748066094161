import { act, renderHook, waitFor } from "@testing-library/react";
import type { DragEvent } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { useAttaching } from "./attach";

let read: [string, () => void][];

/** Stand in for what decodes images, which only a browser has: each waits until the test lets it be read. */
beforeEach(() => {
  read = [];
  vi.stubGlobal("createImageBitmap", (file: File) => {
    if (!file.type.startsWith("image/")) return Promise.reject(new Error("no image"));
    return new Promise((resolve) => {
      read.push([file.name, () => resolve({ width: 1, height: 1, close: () => {} })]);
    });
  });
});

const image = (name: string) => new File([name], name, { type: "image/png" });
const notes = new File(["words"], "notes.txt", { type: "text/plain" });

test("images keep the order in which they were chosen, and one is decoded at a time", async () => {
  const { result } = renderHook(() => useAttaching());
  act(() => result.current.add([image("first"), image("second")]));
  await waitFor(() => expect(read.map(([name]) => name)).toEqual(["first"]));
  await act(async () => read[0]?.[1]());
  await waitFor(() => expect(read).toHaveLength(2));
  await act(async () => read[1]?.[1]());
  await waitFor(() => expect(result.current.isReading).toBe(false));
  expect(result.current.images.map(({ data }) => atob(data))).toEqual(["first", "second"]);
});

test("an image that is removed while another is read does not come back", async () => {
  const { result } = renderHook(() => useAttaching());
  act(() => result.current.add([image("first"), image("second")]));
  await waitFor(() => expect(read).toHaveLength(1));
  await act(async () => read[0]?.[1]());
  await waitFor(() => expect(read).toHaveLength(2));
  act(() => result.current.put([]));
  await act(async () => read[1]?.[1]());
  await waitFor(() => expect(result.current.isReading).toBe(false));
  expect(result.current.images.map(({ data }) => atob(data))).toEqual(["second"]);
});

test("what is no image is said, and keeps nobody from sending the rest", async () => {
  const { result } = renderHook(() => useAttaching());
  act(() => result.current.add([notes, image("shot")]));
  await waitFor(() => expect(read).toHaveLength(1));
  await act(async () => read[0]?.[1]());
  await waitFor(() => expect(result.current.images).toHaveLength(1));
  expect(result.current.notice).toBe("notes.txt is no image that this browser can read.");
  expect(result.current.fault).toBeNull();
  act(() => result.current.put([]));
  expect(result.current.notice).toBeNull();
});

test("a dropped file that is no image does not make the browser leave for it", async () => {
  const { result } = renderHook(() => useAttaching());
  const preventDefault = vi.fn();
  const dropped = { preventDefault, dataTransfer: { files: [notes], types: ["Files"] } };
  act(() => result.current.takes.onDrop(dropped as unknown as DragEvent));
  expect(preventDefault).toHaveBeenCalled();
  await waitFor(() => expect(result.current.notice).toMatch(/^notes.txt is no image/));
});
