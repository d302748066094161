// `npm run types` writes src/api/schema.ts from the description the server gives of its API; with --check it compares.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const FILE = new URL("src/api/schema.ts", import.meta.url);
const PYTHON = new URL("../.venv/bin/python", import.meta.url).pathname;
const HEADER = "// Written by `npm run types` from the server's API. Do not edit.\n\n";

const described = execFileSync(PYTHON, ["-m", "claudios.server", "openapi"], { encoding: "utf8", maxBuffer: 2 ** 26 });
// The page writes its paths itself; what travels on them is what the two must agree on.
const types = await openapiTS(
  { ...JSON.parse(described), paths: {} },
  { alphabetize: true, rootTypes: false, defaultNonNullable: false },
);
const wanted = HEADER + astToString(types);

if (!process.argv.includes("--check")) writeFileSync(FILE, wanted);
else if (readFileSync(FILE, "utf8") !== wanted) {
  console.error("web/src/api/schema.ts is older than the server's API. Write it anew: cd web && npm run types");
  process.exitCode = 1;
}
