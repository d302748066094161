/** What was typed and has no receipt yet: each with an id under which it may be sent again, and takes effect once. */

export const TOO_OLD_MS = 10_000;

interface Typed {
  id: string;
  data: string;
  atMs: number;
  /** Whether its receipt may have been passed over. */
  isDoubted?: boolean;
}

/** Keys in the order in which they were typed. Pure: the caller sends what it is told to send. */
export class Keys {
  #typed: Typed[] = [];
  /** Whether nothing is to be sent: what was typed before was not passed on, and goes first. */
  #isHeld = true;
  #round: number | null = null;

  /** How many have no receipt, and one is to come. */
  get count(): number {
    return this.#typed.filter(({ isDoubted }) => !isDoubted).length;
  }

  /** When the first of them was typed; null where there is none. */
  get oldestMs(): number | null {
    return this.#typed.find(({ isDoubted }) => !isDoubted)?.atMs ?? null;
  }

  /** Take what was typed; return whether it is to be sent now. */
  type(id: string, data: string, atMs: number): boolean {
    this.#typed.push({ id, data, atMs });
    return !this.#isHeld;
  }

  /** The machine has it. */
  taken(id: string): void {
    this.#typed = this.#typed.filter((each) => each.id !== id);
  }

  /** Part of the log was passed over, and receipts with it: what has none is sent again as ever, and not waited for. */
  doubt(): void {
    this.#typed = this.#typed.map((each) => ({ ...each, isDoubted: true }));
  }

  /** It will never be passed on. */
  refused(id: string): void {
    this.taken(id);
  }

  /** In which round keys are sent now; null while none are. */
  get round(): number | null {
    return this.#round;
  }

  /** This round is over, and nothing more is to be sent in it. What is said of an earlier one changes nothing. */
  refuse(round: number): void {
    if (round === this.#round) this.hold();
  }

  /** The machine is away, or the server is. */
  hold(): void {
    this.#isHeld = true;
    this.#round = null;
  }

  /**
   * The server says which round it is, null while the machine is away. Where it is a new one, return what is to be sent
   * again, in order, and how many were dropped: nobody expects what they typed so long ago.
   */
  registered(round: number | null, nowMs: number): { again: readonly Typed[]; dropped: number } {
    if (round === null) this.hold();
    if (round === null || (round === this.#round && !this.#isHeld)) return { again: [], dropped: 0 };
    this.#round = round;
    this.#isHeld = false;
    const before = this.count;
    this.#typed = this.#typed.filter(({ atMs }) => nowMs - atMs <= TOO_OLD_MS);
    return { again: this.#typed, dropped: before - this.count };
  }
}
