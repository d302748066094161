// Control characters but for tab and line end; marks that turn the direction of writing; what has no width, save joiners
// between characters outside ASCII, where scripts and emoji need them; tags. The same set as the command line's.
const HIDDEN = new RegExp(
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff" +
    "\\u{e0000}-\\u{e007f}]|(?<![^\\u0000-\\u007f])[\\u200c\\u200d]|[\\u200c\\u200d](?![^\\u0000-\\u007f])",
  "gu",
);

/** Return a text in which every character that hides or moves others is named, such as ⟨U+202E⟩. */
export function visible(text: string): string {
  return text
    .replace(/\r\n/g, "\n")
    .replace(HIDDEN, (mark) => `⟨U+${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}
