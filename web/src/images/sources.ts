import { newId } from "../api/ids";
import type { Picture } from "../api/types";
import { type Attached, inBase64 } from "./image";

const ANSWER_MS = 30_000;

/** Where an image of the transcript is had from: its place in the session's log. */
export function pictureSource(sessionId: string, { seq, offset, number }: Picture): string {
  return `/api/v1/sessions/${sessionId}/images/${seq}/${offset}/${number}`;
}

/** Where the images of a prompt are had from that is not in the transcript yet. */
export function promptSources(sessionId: string, inputId: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `/api/v1/sessions/${sessionId}/prompts/${inputId}/images/${at}`);
}

/** Return the images of a prompt that waits. Raises where one cannot be had, or takes too long. */
export function promptImages(sessionId: string, inputId: string, count: number): Promise<Attached[]> {
  return Promise.all(
    promptSources(sessionId, inputId, count).map(async (source) => {
      const answer = await fetch(source, { credentials: "same-origin", signal: AbortSignal.timeout(ANSWER_MS) });
      if (!answer.ok) throw new Error(`The server answered ${answer.status} for an image of the prompt.`);
      const image = await answer.blob();
      return { id: newId(), mediaType: image.type, data: await inBase64(image), bytes: image.size };
    }),
  );
}
