import type { ToolItem } from "../../api/types";
import { plural } from "../../ui/format";
import { Scrollable } from "../../ui/scrollable";
import { visible } from "../../ui/visible";
import { Markdown } from "../markdown/markdown";
import { Cut, detailOf, FailedResult, hasFailed, list, Part, Result, Shown } from "./parts";
import { InputRows } from "./rows";
import { isObject, text } from "./summary";

/** What a search in files has found: the files, or the lines. */
export function Found({ item }: { item: ToolItem }) {
  const { input, result, state, result_truncated } = item.body;
  return (
    <>
      <InputRows input={input} shown={["pattern"]} />
      {state === "done" && result !== null ? (
        <WhatWasFound result={result} files={filesOf(item)} isCut={result_truncated} />
      ) : (
        <Result item={item} />
      )}
    </>
  );
}

function WhatWasFound({ result, files, isCut }: { result: string; files: string[] | null; isCut: boolean }) {
  if (files !== null) return <Files files={files} isCut={isCut} />;
  const lines = result.split("\n").filter((line) => line.trim() !== "");
  if (/^No (files|matches) found/.test(result))
    return <p className="px-3 py-2 text-xs text-ink-3">Nothing was found.</p>;
  return (
    <Part name={plural(lines.length, "line")}>
      <Shown output={lines.join("\n")} isCut={isCut} />
    </Part>
  );
}

function Files({ files, isCut }: { files: readonly string[]; isCut: boolean }) {
  return (
    <Part name={plural(files.length, "file")}>
      <Scrollable label="Files" className="max-h-96">
        <ul className="w-max min-w-full px-3 py-2 font-mono text-xs leading-5">
          {files.map((file, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a file may be found twice, and all keep their places
            <li key={at}>{visible(file)}</li>
          ))}
        </ul>
      </Scrollable>
      {isCut && <Cut />}
    </Part>
  );
}

/** The files a search names, by what the CLI tells beside its text; null where it found lines, or nothing. */
function filesOf(item: ToolItem): string[] | null {
  const { filenames, mode } = detailOf(item);
  if (!Array.isArray(filenames) || filenames.length === 0 || mode === "content") return null;
  return filenames.map(String);
}

/** A page that was fetched: its address, what was asked of it, and the answer. */
export function Fetched({ item }: { item: ToolItem }) {
  const { input, state, result } = item.body;
  const detail = detailOf(item);
  const status = typeof detail.code === "number" ? `, ${detail.code} ${text(detail.codeText)}` : "";
  return (
    <>
      <InputRows input={input} shown={[]} />
      {state === "done" && result !== null ? (
        <Part name={`Answer${status}`}>
          <Words text={text(detail.result) || result} isCut={item.body.result_truncated} />
        </Part>
      ) : (
        <Result item={item} />
      )}
    </>
  );
}

/** A search in the web: what for, the pages it found, and what was said of them. */
export function Searched({ item }: { item: ToolItem }) {
  const { input, state, result } = item.body;
  if (state !== "done" || result === null) {
    return (
      <>
        <InputRows input={input} shown={[]} />
        {hasFailed(item) ? <FailedResult item={item} /> : <Result item={item} />}
      </>
    );
  }
  const { results } = detailOf(item);
  const found = Array.isArray(results) ? results : [];
  const pages = found.filter(isObject).flatMap((entry) => list(entry.content));
  const said = found.filter((entry) => typeof entry === "string").join("\n\n");
  return (
    <>
      <InputRows input={input} shown={[]} />
      {pages.length > 0 && (
        <Part name={plural(pages.length, "page")}>
          <ul className="flex flex-col gap-1.5 px-3 py-2 text-sm">
            {pages.map((page, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a page may be found twice
              <li key={at} className="[overflow-wrap:anywhere]">
                {visible(text(page.title))}
                <span className="block font-mono text-xs text-ink-3">{visible(text(page.url))}</span>
              </li>
            ))}
          </ul>
        </Part>
      )}
      {(said !== "" || pages.length === 0) && (
        <Part name="Result">
          <Words text={said || result} isCut={item.body.result_truncated} />
        </Part>
      )}
    </>
  );
}

function Words({ text, isCut }: { text: string; isCut: boolean }) {
  return (
    <>
      <Scrollable label="Result" className="max-h-96 px-3 py-2 text-sm">
        <Markdown text={visible(text)} />
      </Scrollable>
      {isCut && <Cut />}
    </>
  );
}
