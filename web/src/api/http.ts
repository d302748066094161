const ANSWER_MS = 30_000;
const SLOWEST_BYTES_PER_MS = 20; // what is carried up a poor mobile network

const NOT_OURS = "error";

/**
 * A refusal by the server, or no answer at all (`unreachable`, `timeout`). `code` is stable, `message` is for people;
 * it is `error` where something between here and the server has answered in its place, as a proxy does.
 * `retryAfterSeconds` is how long to wait before the same is asked again, where the answer says so.
 */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, message: string, field?: string, retryAfterSeconds?: number) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.field = field;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether it is our server that has said so. */
  get isOfServer(): boolean {
    return this.status > 0 && this.code !== NOT_OURS;
  }
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Ask the server's API; `path` begins after /api/v1. Raises ApiError, also when nothing is answered for `answerMs`. */
export async function call<T>(
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
  answerMs = ANSWER_MS,
): Promise<T> {
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const patience = new AbortController();
  const giveUp = () => patience.abort();
  const timer = setTimeout(giveUp, answerMs + (sent?.length ?? 0) / SLOWEST_BYTES_PER_MS);
  signal?.addEventListener("abort", giveUp);
  if (signal?.aborted) giveUp();
  try {
    const answer = await send(method, path, sent, patience.signal);
    const text = await answer.text();
    if (!answer.ok) throw refusal(answer, text);
    return (text === "" ? {} : JSON.parse(text)) as T;
  } catch (failure) {
    if (failure instanceof ApiError || signal?.aborted) throw failure;
    throw patience.signal.aborted ? unanswered(method) : unreachable();
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

/** Compose a query string from what is set. */
export function query(values: Record<string, string | number | boolean | undefined>): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return set.length === 0 ? "" : `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}`;
}

function send(method: Method, path: string, body: string | undefined, signal: AbortSignal): Promise<Response> {
  return fetch(`/api/v1${path}`, {
    method,
    credentials: "same-origin",
    headers: body === undefined ? { accept: "application/json" } : { "content-type": "application/json" },
    ...(body === undefined ? {} : { body }),
    signal,
  });
}

function unreachable(): ApiError {
  return new ApiError(0, "unreachable", "The server cannot be reached. Check the network and that it is running.");
}

function unanswered(method: Method): ApiError {
  const remedy =
    method === "GET" ? "Check the network, and try again." : "Look whether it was done all the same, then try again.";
  return new ApiError(0, "timeout", `The server does not answer. ${remedy}`);
}

function refusal({ status, headers }: Response, text: string): ApiError {
  const after = retryAfterSeconds(headers.get("retry-after"));
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; field?: string } };
    if (typeof error.code !== "string") throw new TypeError("no error of ours");
    return new ApiError(status, error.code, error.message, error.field, after);
  } catch {
    const told = `The server answered ${status}. Try again, or look at its log.`;
    return new ApiError(status, NOT_OURS, told, undefined, after);
  }
}

/** The header's seconds; a date, which our server never sends, is left alone. */
function retryAfterSeconds(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header) ? Number(header) : undefined;
}

/** What to tell a person about anything that was thrown. */
export function explain(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
