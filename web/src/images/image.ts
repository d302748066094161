/** Images that go with a prompt: read, scaled down to what Claude looks at, and encoded as the server takes them. */

import { newId } from "../api/ids";

export const MOST_IMAGES = 8; // the server's own limits
export const MOST_BYTES = 2_000_000;
const LONGEST_PX = 1568; // what is larger, Claude scales down itself
const AS_IT_IS_BYTES = 1_000_000;
const AIMED_BYTES = 500_000;
const TAKEN = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/** An image to be sent. `data` is in Base64. */
export interface Attached {
  id: string;
  mediaType: string;
  data: string;
  bytes: number;
}

const sources = new WeakMap<Attached, string>();

/** Where an image to be sent is shown from. It is as long as the image, and made once. */
export function sourceOf(image: Attached): string {
  const source = sources.get(image) ?? `data:${image.mediaType};base64,${image.data}`;
  sources.set(image, source);
  return source;
}

/** Read an image of any kind that the browser knows. Raises where it is none. */
export async function attached(file: Blob): Promise<Attached> {
  const picture = await createImageBitmap(file);
  try {
    const longest = Math.max(picture.width, picture.height);
    const isFine = TAKEN.includes(file.type) && longest <= LONGEST_PX && file.size <= AS_IT_IS_BYTES;
    return await encoded(isFine ? file : await drawn(picture, longest, file.type));
  } finally {
    picture.close();
  }
}

/** Draw an image anew, ever smaller until it is small enough: sharp as PNG if it was one, else as JPEG. */
async function drawn(picture: ImageBitmap, longest: number, type: string): Promise<Blob> {
  let smallest: Blob | null = null;
  for (const px of [LONGEST_PX, 1176, 784]) {
    const scale = Math.min(1, px / longest);
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const context = canvas.getContext("2d");
    if (context === null) break;
    if (type === "image/png") {
      context.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const sharp = await blobOf(canvas, "image/png");
      if (sharp !== null && sharp.size <= AIMED_BYTES) return sharp;
    }
    context.fillStyle = "white"; // JPEG knows no transparency
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    smallest = await blobOf(canvas, "image/jpeg");
    if (smallest !== null && smallest.size <= AIMED_BYTES) return smallest;
  }
  if (smallest === null) throw new Error("The browser could not scale the image down.");
  return smallest;
}

function blobOf(canvas: HTMLCanvasElement, type: string): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, type, 0.85));
}

async function encoded(blob: Blob): Promise<Attached> {
  return { id: newId(), mediaType: blob.type, data: await inBase64(blob), bytes: blob.size };
}

/** Return the bytes of something in Base64. */
export async function inBase64(blob: Blob): Promise<string> {
  const address = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  return address.slice(address.indexOf(",") + 1);
}
