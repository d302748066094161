import type { Item, ItemPage } from "../api/types";
import type { PatchMessage } from "./messages";

/** What one message changed: whether items came or went, and which ones look different. */
export interface Changed {
  order: boolean;
  items: number[];
  /** The message continues something this transcript does not have: ask for it anew. */
  outOfStep: boolean;
}

const NONE: readonly number[] = [];
const NOTHING: Changed = { order: false, items: [], outOfStep: false };

/**
 * One session's readable pieces, folded from pages and patches.
 *
 * `position` is the log position everything up to which is included; it is what a reconnecting page resumes from.
 * Items are never changed in place, so an item that is the same object looks the same.
 */
export class Transcript {
  readonly #items = new Map<number, Item>();
  #hasNewOrder = false;
  /** Ids of the prompts that have become items. */
  readonly prompts = new Set<string>();
  /** Tool calls that may not go on before somebody has answered. */
  readonly asking = new Set<string>();
  /** What subagents say and do, by the id of the call that they work for. Not in `order`. */
  #children: ReadonlyMap<string, readonly number[]> = new Map();
  readonly #calls = new Map<string, number>();
  order: readonly number[] = [];
  position = 0;
  hasEarlier = false;
  isLoaded = false;

  item(no: number): Item | undefined {
    return this.#items.get(no);
  }

  /** All items by number, also those in no `order`. */
  get all(): Item[] {
    return [...this.#items.values()].sort((one, other) => one.no - other.no);
  }

  /** What was said and done for a call, by a subagent. */
  children(toolUseId: string): readonly number[] {
    return this.#children.get(toolUseId) ?? NONE;
  }

  /** The call that has this id. */
  callOf(toolUseId: string): number | undefined {
    return this.#calls.get(toolUseId);
  }

  get last(): Item | undefined {
    const no = this.order.at(-1);
    return no === undefined ? undefined : this.#items.get(no);
  }

  /** Take the answer to a subscription: the newest items, or with `isContinuation` what changed since `position`. */
  applyItems(page: ItemPage, isContinuation: boolean): Changed {
    const isFresh = !isContinuation || !this.isLoaded;
    if (isFresh) {
      this.#items.clear();
      this.#calls.clear();
      this.#hasNewOrder = true;
      this.hasEarlier = page.has_earlier;
    }
    const before = this.order;
    const touched = page.items.filter((item) => this.#put(item)).map((item) => item.no);
    this.position = isFresh ? page.position : Math.max(this.position, page.position);
    const wasLoaded = this.isLoaded;
    this.isLoaded = true;
    this.#reorder();
    return { order: !wasLoaded || isFresh || this.order !== before, items: touched, outOfStep: false };
  }

  /** Take a page of items older than those here. */
  applyEarlier(page: ItemPage): Changed {
    const touched = page.items.filter((item) => !this.#items.has(item.no) && this.#put(item)).map((item) => item.no);
    this.hasEarlier = page.has_earlier && touched.length > 0;
    this.#reorder();
    return { order: true, items: touched, outOfStep: false };
  }

  /** Take a live change. Text that this transcript already has is not added a second time. */
  applyPatch(patch: PatchMessage): Changed {
    if (!this.isLoaded) return NOTHING;
    const isNew = patch.position > this.position;
    const before = this.order;
    const touched: number[] = [];
    for (const change of patch.changes) {
      if (change.op === "upsert") {
        if (this.#put(change.item)) touched.push(change.item.no);
      } else if (isNew) {
        const grown = append(this.#items.get(change.no), change.field, change.text);
        if (grown === undefined) return { ...NOTHING, outOfStep: true };
        this.#items.set(change.no, { ...grown, updated_seq: patch.position });
        touched.push(change.no);
      }
    }
    if (isNew) this.position = patch.position;
    this.#reorder();
    return { order: this.order !== before, items: touched, outOfStep: false };
  }

  #put(item: Item): boolean {
    const known = this.#items.get(item.no);
    if (known !== undefined && known.updated_seq > item.updated_seq) return false;
    this.#items.set(item.no, item);
    if (known === undefined) this.#hasNewOrder = true;
    if (item.kind === "request" && item.body.tool_use_id !== null) {
      if (item.body.state === "pending") this.asking.add(item.body.tool_use_id);
      else this.asking.delete(item.body.tool_use_id);
    }
    if (item.kind === "tool") this.#calls.set(item.body.tool_use_id, item.no);
    if (item.kind === "user" && item.body.uuid !== null) this.prompts.add(item.body.uuid);
    return true;
  }

  #reorder(): void {
    if (!this.#hasNewOrder) return;
    this.#hasNewOrder = false;
    const order: number[] = [];
    const children = new Map<string, number[]>();
    for (const no of [...this.#items.keys()].sort((one, other) => one - other)) {
      const parent = this.#items.get(no)?.parent ?? null;
      if (parent === null || !this.#calls.has(parent)) {
        order.push(no);
        continue;
      }
      const known = children.get(parent);
      if (known === undefined) children.set(parent, [no]);
      else known.push(no);
    }
    this.order = order;
    this.#children = children;
  }
}

function append(item: Item | undefined, field: string, text: string): Item | undefined {
  if (item === undefined) return undefined;
  const body = item.body as unknown as Record<string, unknown>;
  const present = body[field] ?? "";
  if (typeof present !== "string") return undefined;
  return { ...item, body: { ...body, [field]: present + text } } as unknown as Item;
}
