import { ApiError } from "../api/http";
import { prompts, sessions } from "../api/resources";
import type { Store } from "./store";
import type { UnsentPrompt } from "./unsent";
import type { Way } from "./unsent-kept";

/**
 * Give a prompt to the server in the way it was written for. Once somebody has said that it is to be sent all the same,
 * and the session is no more what it was then, in the way that suits the session now. Raises ApiError.
 */
export async function give(store: Store, prompt: UnsentPrompt, signal: AbortSignal): Promise<void> {
  try {
    await giveAs(prompt.way, store, prompt, signal);
  } catch (failure) {
    const isOther = failure instanceof ApiError && failure.code === "conflict" && prompt.isToldAgain;
    if (!isOther) throw failure;
    const way = store.session(prompt.sessionId)?.state === "ended" ? "resume" : "command";
    await giveAs(way, store, prompt, signal);
  }
}

async function giveAs(way: Way, store: Store, prompt: UnsentPrompt, signal: AbortSignal): Promise<void> {
  const { id, sessionId, text } = prompt;
  const images = prompt.attached.map(({ data }) => data);
  switch (way) {
    case "command":
      return store.takeInstruction(await sessions.command(sessionId, text, id, images, signal));
    case "queue":
      return store.putQueue(await prompts.add(sessionId, id, text, images, signal));
    case "resume":
      return store.putSession(await sessions.resumeWith(sessionId, text, id, images, signal));
  }
}
