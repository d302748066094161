import { expect, test } from "vitest";
import { answerCalls, quietLive } from "../testing/page";
import { unsent as prompt } from "../testing/samples";
import { fillStorage } from "../testing/storage";
import { warnOnLeaving } from "./live";

test("the browser asks before a page is left whose prompts it has no room to keep, and before no other", async () => {
  const { unsent } = quietLive();
  await unsent.begin("ada");
  warnOnLeaving(unsent);
  answerCalls(() => new Promise(() => {}));
  const asks = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  expect(asks()).toBe(false);
  const makeRoom = fillStorage();
  unsent.add(prompt({ createdMs: Date.now() }));
  makeRoom();
  expect(asks()).toBe(true);
  unsent.dismiss("c1");
  expect(asks()).toBe(false);
});
