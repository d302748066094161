import { fromMarkdown } from "mdast-util-from-markdown";
import { SYNTAX, TREE } from "./gfm";

const OPTIONS = { extensions: [SYNTAX], mdastExtensions: [TREE] };

/**
 * Cut growing markdown into its top-level blocks.
 *
 * Text only ever gets longer while it streams, so all but the last two blocks are final (a block can still swallow the
 * one before it, as an underline makes a heading of a paragraph). They are kept and not parsed again: the cost of a
 * word is that of the last blocks, not of the whole answer.
 */
export class Blocks {
  #text = "";
  #settled: string[] = [];
  #settledLength = 0;
  #open: string[] = [];

  /** Return the blocks of `text`; those that have not changed are the same strings as before. */
  of(text: string): readonly string[] {
    if (text === this.#text) return this.#all();
    const isLonger = text.startsWith(this.#text);
    if (!isLonger) {
      this.#settled = [];
      this.#settledLength = 0;
    }
    const added = isLonger ? text.slice(this.#text.length) : "";
    const last = this.#open.at(-1);
    const isInLine = last !== undefined && added !== "" && staysInLine(this.#text, added);
    this.#text = text;
    if (isInLine) {
      this.#open = [...this.#open.slice(0, -1), last + added];
      return this.#all();
    }
    if (refersElsewhere(text)) {
      this.#settled = [];
      this.#settledLength = 0;
      this.#open = [text];
      return this.#open;
    }
    const rest = text.slice(this.#settledLength);
    const starts = topLevelStarts(rest);
    const cuts = starts.map((start, at) => rest.slice(at === 0 ? 0 : start, starts[at + 1] ?? rest.length));
    const settledCount = Math.max(0, cuts.length - 2);
    for (const block of cuts.slice(0, settledCount)) {
      this.#settled.push(block);
      this.#settledLength += block.length;
    }
    this.#open = cuts.slice(settledCount);
    return this.#all();
  }

  #all(): readonly string[] {
    return [...this.#settled, ...this.#open];
  }
}

/**
 * Whether what was added to a text only makes its last line longer, of which it is decided already what it belongs to.
 *
 * Markdown's blocks are made of lines, and what a line is, its first characters tell: one that begins with a letter
 * begins no list, heading, rule, fence, underline, table or definition, however it goes on.
 */
function staysInLine(text: string, added: string): boolean {
  return !/[\n\r]/.test(added) && /^\s*\p{L}/u.test(text.slice(lastLineStart(text)));
}

function lastLineStart(text: string): number {
  return Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1;
}

function topLevelStarts(text: string): number[] {
  if (text.trim() === "") return [];
  const tree = fromMarkdown(text, OPTIONS);
  return tree.children.map((node) => node.position?.start.offset ?? 0);
}

/** Reference links and footnotes are defined away from where they are used: such text stays in one piece. */
function refersElsewhere(text: string): boolean {
  return /^ {0,3}\[[^\]\n]+\]:/m.test(text);
}
