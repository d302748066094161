/** What a file of a machine holds, as the page shows it. */

const IMAGES: Record<string, string> = {
  avif: "image/avif",
  bmp: "image/bmp",
  gif: "image/gif",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
};
const ENCODED_AT_ONCE = 0x8000; // the arguments that a call takes are limited

/** The image that a file is by its name, or null. SVG is none of them: it is shown as the text that it is. */
export function imageTypeOf(name: string): string | null {
  return IMAGES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? null;
}

export function fromBase64(encoded: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
}

export function toBase64(bytes: Uint8Array): string {
  let letters = "";
  for (let at = 0; at < bytes.length; at += ENCODED_AT_ONCE)
    letters += String.fromCharCode(...bytes.subarray(at, at + ENCODED_AT_ONCE));
  return btoa(letters);
}

/** The beginning of a text file; a character that is cut at its end is left out. */
export function textOf(encoded: string): string {
  return new TextDecoder("utf-8").decode(fromBase64(encoded), { stream: true });
}

export function inside(directory: string, name: string): string {
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1) || path;
}
