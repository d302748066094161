import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

const OPTIONS = { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] };

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
    if (!text.startsWith(this.#text)) {
      this.#settled = [];
      this.#settledLength = 0;
    }
    this.#text = text;
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

function topLevelStarts(text: string): number[] {
  if (text.trim() === "") return [];
  const tree = fromMarkdown(text, OPTIONS);
  return tree.children.map((node) => node.position?.start.offset ?? 0);
}

/** Reference links and footnotes are defined away from where they are used: such text stays in one piece. */
function refersElsewhere(text: string): boolean {
  return /^ {0,3}\[[^\]\n]+\]:/m.test(text);
}
