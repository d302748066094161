import type { CSSProperties } from "react";
import { createHighlighterCore, type HighlighterCore, type LanguageRegistration } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import { type Language, languageNamed } from "./highlight-names";

export interface Token {
  offset: number;
  content: string;
  style: CSSProperties;
}
export type Line = readonly Token[];

// Each language is a file of its own, loaded when it is first met. No WebAssembly: the policy forbids it.
const LANGUAGES: Record<Language, () => Promise<{ default: LanguageRegistration[] }>> = {
  bash: () => import("shiki/langs/bash.mjs"),
  c: () => import("shiki/langs/c.mjs"),
  csharp: () => import("shiki/langs/csharp.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  docker: () => import("shiki/langs/docker.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  ini: () => import("shiki/langs/ini.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  kotlin: () => import("shiki/langs/kotlin.mjs"),
  lua: () => import("shiki/langs/lua.mjs"),
  make: () => import("shiki/langs/make.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  php: () => import("shiki/langs/php.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  ruby: () => import("shiki/langs/ruby.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  swift: () => import("shiki/langs/swift.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};

let core: Promise<HighlighterCore> | null = null;

/** Colour code for both themes; null when the language is not known. */
export async function highlight(code: string, language: string): Promise<readonly Line[] | null> {
  const name = languageNamed(language);
  if (name === null) return null;
  core ??= createHighlighterCore({
    engine: createJavaScriptRegexEngine({ forgiving: true }),
    themes: [
      import("shiki/themes/github-light-high-contrast.mjs"),
      import("shiki/themes/github-dark-high-contrast.mjs"),
    ],
  });
  core.catch(() => {
    core = null; // tried again for the next code
  });
  const highlighter = await core;
  await highlighter.loadLanguage(LANGUAGES[name]());
  const { tokens } = highlighter.codeToTokens(code, {
    lang: name,
    themes: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
  });
  return tokens.map((line) =>
    line.map(({ offset, content, htmlStyle }) => ({ offset, content, style: (htmlStyle ?? {}) as CSSProperties })),
  );
}
