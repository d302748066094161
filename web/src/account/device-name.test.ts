import { expect, it } from "vitest";
import { deviceName } from "./device-name";

it("names a browser and what it runs on, as people do", () => {
  const chrome =
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
  const edge = `${chrome} Edg/142.0.0.0`;
  const safari =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1";
  const firefox = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0";
  expect([chrome, edge, safari, firefox].map(deviceName)).toEqual([
    "Chrome on Android",
    "Edge on Android",
    "Safari on iPhone",
    "Firefox on macOS",
  ]);
});

it("says what little it knows of others", () => {
  expect([deviceName(null), deviceName("curl/8.1"), deviceName("Something (Linux)")]).toEqual([
    "A browser",
    "curl/8.1",
    "A browser on Linux",
  ]);
});
