import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import type {} from "remark-parse"; // which declares where the extensions are kept
import type { Processor } from "unified";

type Syntax = ReturnType<typeof gfm>;

/**
 * GitHub's markdown, except that addresses without brackets are not looked for at every letter, which takes half of the
 * time: mdast-util-gfm finds them afterwards, in what turned out to be text.
 */
export const SYNTAX: Syntax = withoutAddresses(gfm());
export const TREE = gfmFromMarkdown();

/** A plugin for ReactMarkdown, in place of remark-gfm. */
export function leanGfm(this: Processor): void {
  const data = this.data();
  data.micromarkExtensions = [...(data.micromarkExtensions ?? []), SYNTAX];
  data.fromMarkdownExtensions = [...(data.fromMarkdownExtensions ?? []), TREE];
}

function withoutAddresses(syntax: Syntax): Syntax {
  const text = Object.entries(syntax.text ?? {}).filter(([, constructs]) =>
    [constructs].flat().some((construct) => !construct?.name?.endsWith("Autolink")),
  );
  return { ...syntax, text: Object.fromEntries(text) };
}
