import { afterEach, describe, expect, it, vi } from "vitest";
import { asMinutes, asTime } from "./notification-choices";
import { browserName, subscribeToPush } from "./push";

afterEach(() => vi.unstubAllGlobals());

it("does not wait for a worker that the browser has given up", async () => {
  const worker = Object.assign(new EventTarget(), { state: "installing" });
  const serviceWorker = { register: async () => ({ installing: worker }), ready: new Promise(() => {}) };
  vi.stubGlobal("Notification", { requestPermission: async () => "granted" });
  vi.stubGlobal("navigator", { serviceWorker });
  const listened = vi.spyOn(worker, "addEventListener");
  const subscribing = subscribeToPush();
  await vi.waitFor(() => expect(listened).toHaveBeenCalled());
  worker.state = "redundant";
  worker.dispatchEvent(new Event("statechange"));
  await expect(subscribing).rejects.toThrow("Make room");
});

describe("the name of a browser", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on Linux"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"],
    [
      "Mozilla/5.0 (Linux; Android 16; Pixel) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36",
      "Chrome on Android",
    ],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1", "Safari on iPhone"],
    ["curl", "Browser"],
  ])("is what a person calls it: %s", (agent, name) => {
    expect(browserName(agent)).toBe(name);
  });
});

describe("a minute of the day", () => {
  it.each([
    [0, "00:00"],
    [425, "07:05"],
    [1439, "23:59"],
  ])("is written as a time and read again: %i", (minutes, time) => {
    expect(asTime(minutes)).toBe(time);
    expect(asMinutes(time)).toBe(minutes);
  });

  it("is none where there are no quiet hours, and midnight where a field was emptied", () => {
    expect([asTime(null), asMinutes("")]).toEqual(["", 0]);
  });
});
