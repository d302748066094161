import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ArrowUp, Folder, FolderSymlink } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { explain } from "../api/http";
import { keys, listDirectory } from "../api/resources";
import type { Agent, Directory } from "../api/types";
import { Button, Spinner } from "../ui/button";
import { Dialog, DialogBody, DialogFooter } from "../ui/dialog";
import { isTouched } from "../ui/touch";
import { visible } from "../ui/visible";

interface DirectoryBrowserProps {
  agent: Agent;
  /** Where one begins to look; the machine's default directory where it is empty. */
  from: string;
  isOpen: boolean;
  onClose: () => void;
  onChoose: (directory: string) => void;
}

/** Look for a directory on an agent's machine, which is asked now, among those that it allows. */
export function DirectoryBrowser({ agent, from, isOpen, onClose, onChoose }: DirectoryBrowserProps) {
  return (
    <Dialog title={`Directories on ${agent.name}`} isOpen={isOpen} onClose={onClose}>
      {isOpen && (
        <Browser
          agent={agent}
          from={from}
          onClose={onClose}
          onChoose={(directory) => {
            onChoose(directory);
            onClose();
          }}
        />
      )}
    </Dialog>
  );
}

function Browser({ agent, from, onClose, onChoose }: Omit<DirectoryBrowserProps, "isOpen">) {
  const [path, setPath] = useState(from || undefined);
  const list = useRef<HTMLUListElement>(null);
  const roots = agent.machine?.directories ?? [];
  const { data, error, isFetching, hasNextPage, fetchNextPage, isPlaceholderData } = useInfiniteQuery({
    queryKey: [...keys.agents, agent.id, "directories", path],
    queryFn: ({ pageParam, signal }) => listDirectory(agent.id, path, signal, pageParam),
    initialPageParam: 0,
    getNextPageParam: nextSkip,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
  const here = data?.pages[0]?.path;
  const isShown = here !== undefined && !isPlaceholderData && error === null;
  const directories = data?.pages.flatMap(({ entries }) => entries).filter(({ kind }) => kind === "directory") ?? [];
  useEffect(() => {
    if (isShown && here !== undefined && !isTouched()) list.current?.querySelector("button")?.focus();
  }, [here, isShown]);
  const up = here === undefined ? null : parentOf(here, roots);
  return (
    <>
      <DialogBody>
        {roots.length > 1 && (
          <fieldset className="flex flex-wrap gap-1.5" aria-label="Allowed directories">
            {roots.map((root) => (
              <Button key={root} size="small" onClick={() => setPath(root)} className="max-w-full">
                <span className="truncate font-mono text-2xs">{visible(root)}</span>
              </Button>
            ))}
          </fieldset>
        )}
        <div className="flex items-center gap-2">
          <Button
            size="small"
            aria-label="Up"
            disabled={up === null}
            onClick={() => up !== null && setPath(up)}
            icon={<ArrowUp aria-hidden className="size-3.5" />}
          />
          <p
            role="status"
            className="min-w-0 flex-1 font-mono text-xs [overflow-wrap:anywhere] [unicode-bidi:plaintext]"
          >
            {visible(here ?? path ?? "")}
          </p>
          {isFetching && <Spinner />}
        </div>
        {error !== null && (
          <div role="alert" className="text-sm text-bad">
            {explain(error)} <span className="text-ink-2">You can type the directory as well.</span>
            {path !== undefined && (
              <div className="mt-2">
                <Button size="small" onClick={() => setPath(undefined)}>
                  Go to the default directory
                </Button>
              </div>
            )}
          </div>
        )}
        {error === null && here !== undefined && (
          <ul ref={list} aria-label="Directories" aria-busy={isPlaceholderData || undefined}>
            {directories.map(({ name, is_link }) => (
              <li key={name}>
                <button
                  type="button"
                  onClick={() => setPath(join(here, name))}
                  className="flex min-h-8 w-full items-center gap-2.5 rounded-md px-2 text-left text-sm hover:bg-hover touch:min-h-11"
                >
                  {is_link ? (
                    <FolderSymlink aria-hidden className="size-4 shrink-0 text-ink-3" />
                  ) : (
                    <Folder aria-hidden className="size-4 shrink-0 text-ink-3" />
                  )}
                  <span className="min-w-0 truncate [unicode-bidi:plaintext]">{visible(name)}</span>
                </button>
              </li>
            ))}
            {directories.length === 0 && <li className="px-2 py-1.5 text-sm text-ink-3">No directory in it.</li>}
          </ul>
        )}
        {error === null && hasNextPage && (
          <Button size="small" isBusy={isFetching} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        )}
        {error === null && data?.pages[0]?.is_cut && (
          <p className="text-xs text-ink-3">There is too much in it for all to be shown. Type what is missing.</p>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" disabled={!isShown} onClick={() => here !== undefined && onChoose(here)}>
          Use this directory
        </Button>
      </DialogFooter>
    </>
  );
}

/** How many entries to leave out next; directories come first, so that after a file there are none. */
export function nextSkip(last: Directory, pages: readonly Directory[]): number | null {
  if (!last.more || last.entries.at(-1)?.kind !== "directory") return null;
  return pages.reduce((count, { entries }) => count + entries.length, 0);
}

/** The directory above; null where the machine would not let one look. */
export function parentOf(path: string, roots: readonly string[]): string | null {
  if (path === "/" || roots.includes(path)) return null;
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function join(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}
