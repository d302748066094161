const MAX_PROMPT_BYTES = 500_000; // the server's own limit

/** Why a prompt cannot be sent; null when it is not too long. */
export function excess(text: string): string | null {
  const bytes = text.length * 3 > MAX_PROMPT_BYTES ? new TextEncoder().encode(text).length : 0;
  if (bytes <= MAX_PROMPT_BYTES) return null;
  const [size, most] = [bytes, MAX_PROMPT_BYTES].map((count) => count.toLocaleString("en"));
  return `This is ${size} bytes long, and ${most} is the most that can be sent. Put it into a file on the agent's machine and ask Claude to read that.`;
}
