/** The messages of the live socket, both ways. */

import type { Agent, Instruction, Item, Queue, Request, Session } from "../api/types";

export type Change = { op: "upsert"; item: Item } | { op: "append"; no: number; field: string; text: string };

export interface ItemsMessage {
  type: "items";
  session_id: string;
  items: Item[];
  position: number;
  has_earlier: boolean;
  /** These are the newest items as a whole, not only what changed. The server says so where it was asked for less. */
  reset?: boolean;
  session: Session;
  requests: Request[];
}

export interface PatchMessage {
  type: "patch";
  session_id: string;
  position: number;
  changes: Change[];
}

export type FromServer =
  | ItemsMessage
  | PatchMessage
  | { type: "session"; session: Session }
  | { type: "agent"; agent: Agent }
  | { type: "request"; request: Request }
  | { type: "instruction"; instruction: Instruction }
  | { type: "queue"; queue: Queue }
  | { type: "removed"; kind: string; id: string }
  | { type: "overview" }
  | { type: "lagged"; session_id: string }
  | { type: "error"; code: string; message: string }
  | { type: "bye"; retry_after_ms: number }
  | { type: "ping" }
  | { type: "pong" };

export type FromPage =
  | { type: "subscribe"; session_id: string; after?: number }
  | { type: "unsubscribe"; session_id: string }
  | { type: "overview" }
  | { type: "look"; session_id: string | null }
  | { type: "ping" }
  | { type: "pong" };
