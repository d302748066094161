import { useInfiniteQuery } from "@tanstack/react-query";
import { ChevronRight, File, FileQuestion, FileSymlink, Folder, FolderSymlink } from "lucide-react";
import { useId } from "react";
import { explain } from "../../api/http";
import type { DirectoryEntry } from "../../api/types";
import { Button, Spinner } from "../../ui/button";
import { cx } from "../../ui/cx";
import { bytes, fullTime } from "../../ui/format";
import { visible } from "../../ui/visible";
import { useOpen } from "../open-state";
import { inside } from "./content";
import { directoryQuery } from "./queries";

const STEP_REM = 0.875;

export interface Tree {
  agentId: string;
  /** The file that is or was looked at. */
  opened: string | null;
  /** The directory that was pressed last, and takes uploads. */
  chosen: string;
  /** The directory over which files are held. */
  target: string | null;
  onChoose: (directory: string) => void;
  onOpen: (file: string) => void;
}

const ROW =
  "flex min-h-7 w-full min-w-0 items-center gap-1.5 pr-3 text-left text-[0.8125rem] -outline-offset-2 hover:bg-hover/60 touch:min-h-11";

/** What is in one directory; directories in it unfold. */
export function Entries({ tree, path, depth }: { tree: Tree; path: string | undefined; depth: number }) {
  const { data, error, isFetchingNextPage, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery(
    directoryQuery(tree.agentId, path),
  );
  const style = { paddingLeft: `${1.5 + depth * STEP_REM}rem` };
  if (error !== null)
    return (
      <div className="flex items-center gap-2 py-1 pr-3 text-xs text-bad" style={style}>
        <span role="alert" className="min-w-0 flex-1">
          {explain(error)}
        </span>
        <Button size="small" onClick={() => void refetch()}>
          Try again
        </Button>
      </div>
    );
  const first = data?.pages[0];
  if (first === undefined)
    return (
      <div className="py-1" style={style}>
        <Spinner />
      </div>
    );
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  if (entries.length === 0)
    return (
      <p className="py-1 text-xs text-ink-3" style={style}>
        Nothing is in here.
      </p>
    );
  return (
    <ul aria-label={depth === 0 ? "Files" : undefined}>
      {entries.map((entry) => (
        <li key={entry.name}>
          {entry.kind === "directory" ? (
            <DirectoryRow tree={tree} entry={entry} path={inside(first.path, entry.name)} depth={depth} />
          ) : (
            <FileRow tree={tree} entry={entry} path={inside(first.path, entry.name)} depth={depth} />
          )}
        </li>
      ))}
      {hasNextPage && (
        <li className="py-1" style={style}>
          <Button size="small" isBusy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </li>
      )}
      {first.is_cut && !hasNextPage && (
        <li className="py-1 text-xs text-ink-3" style={style}>
          This directory has more entries than are looked at.
        </li>
      )}
    </ul>
  );
}

interface RowProps {
  tree: Tree;
  entry: DirectoryEntry;
  path: string;
  depth: number;
}

function DirectoryRow({ tree, entry, path, depth }: RowProps) {
  const [isOpen, toggle] = useOpen(`directory:${path}`);
  const bodyId = useId();
  const Icon = entry.is_link ? FolderSymlink : Folder;
  return (
    <>
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={bodyId}
        data-directory={path}
        onClick={() => {
          toggle();
          tree.onChoose(path);
        }}
        className={cx(ROW, tree.chosen === path && "bg-hover", tree.target === path && "bg-accent-soft")}
        style={{ paddingLeft: `${0.5 + depth * STEP_REM}rem` }}
      >
        <ChevronRight aria-hidden className={cx("size-3 shrink-0 text-ink-3", isOpen && "rotate-90")} />
        <Icon aria-hidden className="size-3.5 shrink-0 text-ink-3" />
        <span className="min-w-0 truncate [unicode-bidi:plaintext]">{visible(entry.name)}</span>
      </button>
      <div id={bodyId}>{isOpen && <Entries tree={tree} path={path} depth={depth + 1} />}</div>
    </>
  );
}

function FileRow({ tree, entry, path, depth }: RowProps) {
  const style = { paddingLeft: `${1.5 + depth * STEP_REM}rem` };
  const Icon = entry.kind === "other" ? FileQuestion : entry.is_link ? FileSymlink : File;
  const shown = (
    <>
      <Icon aria-hidden className="size-3.5 shrink-0 text-ink-3" />
      <span className="min-w-0 flex-1 truncate [unicode-bidi:plaintext]">{visible(entry.name)}</span>
    </>
  );
  if (entry.kind === "other")
    return (
      <p className={cx(ROW, "text-ink-3")} style={style} title="It cannot be opened here.">
        {shown}
        <span className="sr-only">It cannot be opened here.</span>
      </p>
    );
  return (
    <button
      type="button"
      aria-current={tree.opened === path || undefined}
      onClick={() => tree.onOpen(path)}
      className={ROW}
      style={style}
      title={`Changed ${fullTime(entry.modified_ms)}`}
    >
      {shown}
      <span className="shrink-0 text-2xs text-ink-3 tabular-nums">{bytes(entry.size)}</span>
    </button>
  );
}
