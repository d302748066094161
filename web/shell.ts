/**
 * Tells the service worker, once the page is built, which files make the page: those to keep at once, and those to keep
 * when they are first used. A build with any other file has another version, so that browsers take the newer worker.
 */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin, Rolldown } from "vite";

const UNFILLED = 'const SHELL = { version: "", entry: "", first: [], later: [] };';
/** What opens without a network, if only to say that it needs one; terminals and highlighting come when they are used. */
const OPENED = [
  "src/shell/shell.tsx",
  "src/overview/overview.tsx",
  "src/inbox/inbox.tsx",
  "src/search/search.tsx",
  "src/usage/usage.tsx",
  "src/projects/list.tsx",
  "src/projects/project.tsx",
  "src/account/account.tsx",
  "src/session/view.tsx",
  "src/session/machine/panel.tsx",
  "src/session/raw/panel.tsx",
  "src/palette/palette.tsx",
  "src/sessions/start-session-form.tsx",
];
/** What keeps its name whatever it holds. */
const NAMED = ["theme.js", "favicon.svg", "manifest.webmanifest", "icon-192.png"];

export function keepShell(): Plugin {
  return {
    name: "claudios-shell",
    apply: "build",
    writeBundle({ dir = "" }, bundle) {
      const { entry, first, later } = shellOf(bundle);
      const shell = { entry, first: ["/", ...NAMED.map((name) => `/${name}`), ...first], later };
      const hash = createHash("sha256").update(JSON.stringify(shell));
      for (const name of ["index.html", ...NAMED]) hash.update(readFileSync(join(dir, name)));
      const version = hash.digest("hex").slice(0, 16);
      const path = join(dir, "sw.js");
      const worker = readFileSync(path, "utf8");
      if (!worker.includes(UNFILLED)) throw new Error(`sw.js has no line \`${UNFILLED}\``);
      writeFileSync(path, worker.replace(UNFILLED, `const SHELL = ${JSON.stringify({ version, ...shell })};`));
    },
  };
}

/** Divide a build's files: with the entry and each part in OPENED comes all that it imports. */
function shellOf(bundle: Rolldown.OutputBundle): { entry: string; first: string[]; later: string[] } {
  const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
  const entry = chunks.find(({ isEntry }) => isEntry);
  if (entry === undefined) throw new Error("the build has no entry");
  const needed = new Set<string>();
  const need = (name: string) => {
    const chunk = bundle[name];
    if (chunk?.type !== "chunk" || needed.has(name)) return;
    needed.add(name);
    for (const style of chunk.viteMetadata?.importedCss ?? []) needed.add(style);
    for (const other of chunk.imports) need(other);
  };
  need(entry.fileName);
  for (const path of OPENED) {
    const chunk = chunks.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(`/${path}`)));
    if (chunk === undefined) throw new Error(`the build has nothing of ${path}`);
    need(chunk.fileName);
  }
  const assets = Object.keys(bundle).filter((name) => name.startsWith("assets/"));
  const paths = (names: string[]) => names.map((name) => `/${name}`).sort();
  return {
    entry: `/${entry.fileName}`,
    first: paths(assets.filter((name) => needed.has(name))),
    later: paths(assets.filter((name) => !needed.has(name))),
  };
}
