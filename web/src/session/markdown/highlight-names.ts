/** Names of the languages that can be coloured, known without loading the highlighter. */

const LANGUAGES = [
  "bash",
  "c",
  "csharp",
  "css",
  "diff",
  "docker",
  "go",
  "html",
  "ini",
  "java",
  "javascript",
  "json",
  "kotlin",
  "lua",
  "make",
  "markdown",
  "php",
  "python",
  "ruby",
  "rust",
  "sql",
  "swift",
  "toml",
  "tsx",
  "typescript",
  "xml",
  "yaml",
] as const;

export type Language = (typeof LANGUAGES)[number];

const ALIASES: Record<string, Language> = {
  sh: "bash",
  shell: "bash",
  zsh: "bash",
  console: "bash",
  h: "c",
  cpp: "c",
  "c++": "c",
  hpp: "c",
  cc: "c",
  cs: "csharp",
  dockerfile: "docker",
  htm: "html",
  svg: "xml",
  cfg: "ini",
  conf: "ini",
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  jsx: "tsx",
  jsonc: "json",
  jsonl: "json",
  kt: "kotlin",
  makefile: "make",
  mk: "make",
  md: "markdown",
  patch: "diff",
  py: "python",
  pyi: "python",
  rb: "ruby",
  rs: "rust",
  ts: "typescript",
  mts: "typescript",
  yml: "yaml",
};

/** The language that goes by this name, ending or alias; null when it is none of ours. */
export function languageNamed(name: string): Language | null {
  const lower = name.toLowerCase();
  return ALIASES[lower] ?? LANGUAGES.find((language) => language === lower) ?? null;
}

/** Which language a file holds, from its name; null when that says nothing. */
export function languageOf(path: string): Language | null {
  const name = path.split("/").at(-1) ?? "";
  return languageNamed(name.split(".").at(-1) ?? "");
}
