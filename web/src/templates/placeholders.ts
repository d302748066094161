/** Places in a template's prompt that are filled in before it is sent: the rule of the server's `placeholders.py`. */

const NAME = "[A-Za-z][A-Za-z0-9 _-]{0,39}";
const PLACE = new RegExp(`\\$\\{${NAME}\\}|\\{\\{(${NAME})\\}\\}|\\{(${NAME})\\}`, "g");

/** The names of the places in a text, each once, in their order. */
export function namesOf(text: string): string[] {
  return [...new Set([...text.matchAll(PLACE)].flatMap(([, , name]) => (name === undefined ? [] : [name])))];
}

/** The text with its places filled in; a place without a value stays as it is. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(PLACE, (whole: string, meant: string | undefined, name: string | undefined) => {
    if (name !== undefined) return Object.hasOwn(values, name) ? (values[name] ?? whole) : whole;
    return meant === undefined ? whole : `{${meant}}`;
  });
}
