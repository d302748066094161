import { ApiError } from "../../api/http";
import { newId } from "../../api/ids";
import { files } from "../../api/resources";
import { inside, toBase64 } from "./content";

const PIECE_BYTES = 256 * 1024;
const TRIES = 5;
const AGAIN_MS = 1_000;
export const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Put a file into a directory of a machine, piece by piece; `onProgress` is told the part that is there. A piece that
 * is not answered is sent again, which changes nothing where it had come.
 */
export async function upload(
  agentId: string,
  directory: string,
  file: File,
  { overwrite, onProgress }: { overwrite: boolean; onProgress: (part: number) => void },
): Promise<void> {
  if (file.size > MOST_BYTES)
    throw new ApiError(0, "input_invalid", "It is larger than the 256 MiB that a machine takes. Copy it another way.");
  const said = { path: inside(directory, file.name), upload: newId().replaceAll("-", ""), overwrite };
  let offset = 0;
  do {
    const piece = new Uint8Array(await file.slice(offset, offset + PIECE_BYTES).arrayBuffer());
    const isLast = offset + piece.length >= file.size;
    const content = toBase64(piece);
    await again(() => files.write(agentId, { ...said, offset, content, is_last: isLast }));
    offset += piece.length;
    onProgress(file.size === 0 ? 1 : offset / file.size);
  } while (offset < file.size);
}

/** Whether an upload was refused because there is such a file already. */
export function isTaken(failure: unknown): boolean {
  return failure instanceof ApiError && failure.code === "exists";
}

async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return await work();
    } catch (failure) {
      if (left === 0 || !isPassing(failure)) throw failure;
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

function isPassing(failure: unknown): boolean {
  return failure instanceof ApiError && (failure.code === "too_many" || failure.status === 0);
}
