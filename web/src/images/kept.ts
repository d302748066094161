/** Images of drafts, kept in this browser over a reload: they are too large for where the texts are kept. */

import { BrowserStore } from "../ui/browser-store";
import type { Attached } from "./image";

const kept = new BrowserStore("claudios.drafts", "images");

/** Return what was kept under a key; nothing where this browser keeps nothing. */
export async function recall(key: string): Promise<readonly Attached[]> {
  return (await kept.get<readonly Attached[]>(key)) ?? [];
}

/** Keep images under a key, in the place of those there; where that fails, the draft lives as long as the page. */
export async function keep(key: string, images: readonly Attached[]): Promise<void> {
  await (images.length === 0 ? kept.delete(key) : kept.put(key, images));
}
