import { type KeyboardEvent, type RefObject, useEffect, useState } from "react";
import { explain } from "../api/http";
import { sessions } from "../api/resources";
import type { Session } from "../api/types";
import { visible } from "../ui/visible";
import { Above, type Completion, fieldOf, OptionList } from "./options";

const SETTLE_MS = 120; // a request for each pause in typing, not for each letter

interface Mention {
  /** Where the `@` stands, and what was typed after it, up to the cursor. */
  at: number;
  typed: string;
}

/** The path that is being typed at the cursor; null when none is. */
export function mentionAt(draft: string, cursor: number): Mention | null {
  const found = /(?:^|\s)@([^\s@]*)$/.exec(draft.slice(0, cursor));
  return found?.[1] === undefined ? null : { at: cursor - found[1].length - 1, typed: found[1] };
}

/** Put a path in the place of what was typed; a file is followed by a space, a directory by what is in it. */
export function withPath(draft: string, { at, typed }: Mention, path: string): { draft: string; cursor: number } {
  const isPlain = !/\s/.test(path);
  const written = isPlain ? `@${path}${path.endsWith("/") ? "" : " "}` : `@"${path}" `; // as the CLI reads it
  return { draft: draft.slice(0, at) + written + draft.slice(at + 1 + typed.length), cursor: at + written.length };
}

interface Found {
  typed: string;
  paths: readonly string[];
  note: string | null;
}

/** Complete paths below the session's directory, from its machine: arrows choose, Tab or Enter take, Esc closes. */
export function usePathMentions(
  session: Session,
  draft: string,
  field: RefObject<HTMLTextAreaElement | null>,
  id: string,
  put: (draft: string) => void,
): Completion & { onSelect: () => void } {
  const [cursor, setCursor] = useState(0);
  const [found, setFound] = useState<Found | null>(null);
  const [at, setAt] = useState(0);
  const [closedFor, setClosedFor] = useState<string | null>(null);
  const mention = mentionAt(draft, cursor);
  const typed = mention === null || closedFor === draft ? null : mention.typed;
  useEffect(() => {
    setAt(0);
    if (typed === null) {
      setFound(null);
      return;
    }
    const asking = new AbortController();
    const timer = setTimeout(() => {
      sessions
        .paths(session.id, typed, asking.signal)
        .then(({ paths, is_cut, problem }) => setFound({ typed, paths, note: problem ?? noteFor(paths, is_cut) }))
        .catch((failure) => {
          if (!asking.signal.aborted) setFound({ typed, paths: [], note: explain(failure) });
        });
    }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [session.id, typed]);

  const answer = typed !== null && found?.typed === typed ? found : null;
  const paths = answer?.paths ?? [];
  const note = answer?.note ?? null;
  const chosen = Math.min(at, paths.length - 1);
  const take = (path: string | undefined) => {
    if (mention === null || path === undefined) return;
    const next = withPath(draft, mention, path);
    put(next.draft);
    setCursor(next.cursor);
    requestAnimationFrame(() => field.current?.setSelectionRange(next.cursor, next.cursor));
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (event.nativeEvent.isComposing || typed === null) return false;
    if (event.key === "Escape" && (paths.length > 0 || note !== null)) setClosedFor(draft);
    else if (paths.length === 0) return false;
    else if (event.key === "ArrowDown") setAt((chosen + 1) % paths.length);
    else if (event.key === "ArrowUp") setAt((chosen + paths.length - 1) % paths.length);
    else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) take(paths[chosen]);
    else return false;
    event.preventDefault();
    return true;
  };
  const isOpen = paths.length > 0;
  const list = (isOpen || note !== null) && (
    <Above>
      {isOpen && (
        <OptionList id={id} label="Paths" options={paths} keyOf={(path) => path} chosen={chosen} onTake={take}>
          {(path) => (
            <span className="min-w-0 truncate font-mono text-xs [unicode-bidi:plaintext]">{visible(path)}</span>
          )}
        </OptionList>
      )}
      {note !== null && (
        <p role="status" className="px-2 py-1.5 text-xs text-ink-3">
          {note}
        </p>
      )}
    </Above>
  );
  const onSelect = () => setCursor(field.current?.selectionStart ?? 0);
  return { field: fieldOf(id, isOpen, chosen), list, onKeyDown, onSelect };
}

function noteFor(paths: readonly string[], isCut: boolean): string | null {
  if (paths.length === 0) return isCut ? "Nothing found so far. Type more of the path." : "No such path here.";
  return isCut ? "There is more. Type on." : null;
}
