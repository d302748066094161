/** How a prompt is asked for: now, once Claude has nothing to do, or as the first of a session that is resumed. */
export type Way = (typeof WAYS)[number];
export const WAYS = ["command", "queue", "resume"] as const;

/** An unsent prompt as this browser keeps it; its images are kept elsewhere. */
export interface Kept {
  id: string;
  sessionId: string;
  text: string;
  images: number;
  way: Way;
  createdMs: number;
  refusal: string | null;
}

const KEPT = "claudios.unsent.";

/** Whether a key of the browser's storage is that of an unsent prompt. */
export function isOfUnsent(key: string | null): boolean {
  return key === null || key.startsWith(KEPT);
}

/** What a person's prompts are that this browser keeps, oldest first. */
export function kept(person: string): Kept[] {
  const own = `${KEPT}${person}.`;
  const keys = Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at) ?? "");
  return keys
    .filter((key) => key.startsWith(own))
    .flatMap((key) => read(key))
    .sort((one, other) => one.createdMs - other.createdMs);
}

/** Keep a prompt; says whether the browser had room for it. */
export function write(person: string, prompt: Kept): boolean {
  try {
    localStorage.setItem(`${KEPT}${person}.${prompt.id}`, JSON.stringify(prompt));
    return true;
  } catch {
    return false;
  }
}

/** Whether a prompt is kept still: another window may have had it sent, or dismissed. */
export function isKept(person: string, id: string): boolean {
  return localStorage.getItem(`${KEPT}${person}.${id}`) !== null;
}

export function forget(person: string, id: string): void {
  localStorage.removeItem(`${KEPT}${person}.${id}`);
}

function read(key: string): Kept[] {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? "") as Kept;
    return WAYS.includes(found.way) ? [found] : []; // another version's: it knows what to do with it
  } catch {
    return [];
  }
}
