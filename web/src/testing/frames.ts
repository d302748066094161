/** Encode a frame as the machine does (F-1); the checksum is the server's to check. `stream` is its number. */
export function encoded(seq: number, stream: number, payload: string): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(payload);
  const bytes = new Uint8Array(44 + body.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x43, 0x46, 1, 0, stream]);
  view.setUint32(8, 2, true);
  view.setBigUint64(12, BigInt(seq), true);
  view.setBigUint64(28, 1_700_000_000_123n, true);
  view.setUint32(36, body.length, true);
  bytes.set(body, 44);
  return bytes;
}
