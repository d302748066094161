import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useId, useMemo, useState } from "react";
import { explain } from "../../api/http";
import type { Against, ChangedFile, Session } from "../../api/types";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { cx } from "../../ui/cx";
import { visible } from "../../ui/visible";
import { DiffRows } from "../tools/diff";
import { firstRows } from "./patch";
import { gitDiffQuery } from "./queries";

const TONES = {
  added: "ok",
  untracked: "ok",
  modified: "info",
  renamed: "info",
  retyped: "info",
  deleted: "bad",
  conflicted: "warn",
} as const;
const WORDS = {
  ...Object.fromEntries(Object.keys(TONES).map((status) => [status, status])),
  untracked: "new",
} as Record<ChangedFile["status"], string>;

/** A file that differs: what it is called, by how much it differs, and, opened, how. */
export function ChangedFileRow({
  session,
  against,
  file,
  isOpen: isOpenFirst,
}: {
  session: Session;
  against: Against;
  file: ChangedFile;
  isOpen: boolean;
}) {
  const [isOpen, setOpen] = useState(isOpenFirst);
  const place = useId();
  return (
    <li className="border-b border-line">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={isOpen ? place : undefined}
        onClick={() => setOpen(!isOpen)}
        className="flex min-h-9 w-full items-center gap-2 px-3 py-1.5 text-left text-xs -outline-offset-2 hover:bg-hover touch:min-h-11"
      >
        <ChevronRight aria-hidden className={cx("size-3.5 shrink-0 text-ink-3", isOpen && "rotate-90")} />
        <span className="min-w-0 flex-1 font-mono break-all">
          {file.was != null && <span className="text-ink-2">{visible(file.was)} → </span>}
          {visible(file.path)}
        </span>
        {file.added != null && file.added > 0 && <span className="text-ok tabular-nums">+{file.added}</span>}
        {file.removed != null && file.removed > 0 && <span className="text-bad tabular-nums">−{file.removed}</span>}
        <Badge tone={TONES[file.status]}>{WORDS[file.status]}</Badge>
      </button>
      {isOpen && (
        <div id={place} className="border-t border-line bg-surface">
          <Patch session={session} against={against} file={file} />
        </div>
      )}
    </li>
  );
}

function Patch({ session, against, file }: { session: Session; against: Against; file: ChangedFile }) {
  const [isWhole, setWhole] = useState(false);
  const alone = useQuery({ ...gitDiffQuery(session, against, file.path), enabled: isWhole });
  const shown = (isWhole ? alone.data?.files?.find(({ path }) => path === file.path) : undefined) ?? file;
  const { rows, isCut } = useMemo(() => firstRows(shown.patch ?? ""), [shown.patch]);
  const isAllThereIs = isCut || (isWhole && alone.data !== undefined); // more would not be shown
  return (
    <>
      {rows.length > 0 ? (
        <DiffRows rows={rows} label={`Changes in ${visible(file.path)}`} />
      ) : (
        !shown.is_cut && <p className="px-3 py-2 text-xs text-ink-2">{reason(shown)}</p>
      )}
      {(shown.is_cut || isCut) && (
        <p className="flex items-center gap-2 px-3 py-2 text-xs text-ink-2">
          {isAllThereIs
            ? "The rest is too long to be shown here."
            : rows.length > 0
              ? "There is more."
              : "This change is long."}
          {!isAllThereIs && (
            <Button size="small" isBusy={isWhole && alone.isFetching} onClick={() => setWhole(true)}>
              Show more
            </Button>
          )}
        </p>
      )}
      {isWhole && alone.error !== null && (
        <p role="alert" className="px-3 py-2 text-xs text-bad">
          {explain(alone.error)}
        </p>
      )}
    </>
  );
}

function reason({ is_binary: isBinary, status }: ChangedFile): string {
  if (isBinary) return "A binary file: its content is not shown.";
  if (status === "renamed") return "Only its name is another.";
  if (status === "conflicted") return "Its conflict is not resolved.";
  return status === "untracked" || status === "added" ? "An empty file." : "No lines differ.";
}
