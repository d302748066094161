import { GitMerge, Trash2 } from "lucide-react";
import { useState } from "react";
import { git } from "../../api/resources";
import type { Session, WorktreeLoss } from "../../api/types";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/dialog";
import { attempt, tell } from "../../ui/toast";
import { visible } from "../../ui/visible";

/** Merge a session's worktree, or remove it; what would be lost with it is named first, and has to be confirmed. */
export function WorktreeActions({
  session,
  isClean,
  onDone,
}: {
  session: Session;
  isClean: boolean;
  onDone: () => void;
}) {
  const [busy, setBusy] = useState<"merge" | "remove" | null>(null);
  const [loss, setLoss] = useState<WorktreeLoss | null>(null);
  const { worktree } = session;
  if (!worktree) return null;
  const merge = async () => {
    setBusy("merge");
    await attempt("Nothing was merged", async () => {
      const { how, base } = await git.merge(session.id);
      tell(how === "nothing_new" ? `${visible(base)} has it all already.` : `Merged into ${visible(base)}.`);
    });
    setBusy(null);
    onDone();
  };
  const remove = async (confirmed: string | null) => {
    const answer = await git.remove(session.id, confirmed);
    if (answer.is_removed) {
      tell("The worktree was removed, with its branch.");
      return; // there is nothing to look at any more
    }
    if (confirmed !== null) {
      setLoss(answer.loss ?? null);
      throw new Error("Something has changed in it just now. Nothing was removed: look at the list again.");
    } else setLoss(answer.loss ?? null);
    onDone();
  };
  const ask = async () => {
    setBusy("remove");
    await attempt("The worktree was not removed", () => remove(null));
    setBusy(null);
  };
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-2">
      <span className="min-w-0 flex-1 text-xs text-ink-2">Worktree of its own</span>
      {worktree.base && (
        <Button
          size="small"
          needsServer
          icon={<GitMerge aria-hidden className="size-3.5" />}
          isBusy={busy === "merge"}
          disabled={busy !== null}
          title={isClean ? undefined : "What is not committed has to be committed first."}
          onClick={merge}
        >
          <span className="max-w-40 truncate">Merge into {visible(worktree.base)}</span>
        </Button>
      )}
      <Button
        size="small"
        needsServer
        icon={<Trash2 aria-hidden className="size-3.5" />}
        isBusy={busy === "remove"}
        disabled={busy !== null || session.state !== "ended"}
        title={session.state === "ended" ? undefined : "Terminate the session first."}
        onClick={ask}
      >
        Remove
      </Button>
      <Confirm
        title="Remove it, and lose this?"
        action="Remove and lose it"
        isOpen={loss !== null}
        onClose={() => setLoss(null)}
        onConfirm={() => remove(loss?.digest ?? null)}
      >
        {loss !== null && <Lost loss={loss} base={worktree.base ?? null} />}
      </Confirm>
    </div>
  );
}

function Lost({ loss, base }: { loss: WorktreeLoss; base: string | null }) {
  const { files = [], commits = [] } = loss;
  return (
    <>
      <Named title="Not committed" names={files} count={loss.file_count} />
      <Named
        title={base === null ? "Commits" : `Not merged into ${visible(base)}`}
        names={commits}
        count={loss.commit_count}
      />
      <p>Files that git ignores go as well.</p>
    </>
  );
}

function Named({ title, names, count }: { title: string; names: readonly string[]; count: number }) {
  if (count === 0) return null;
  return (
    <div className="mb-2">
      <p className="font-medium text-ink">{title}</p>
      <ul className="thin-scroll max-h-40 overflow-y-auto font-mono text-xs break-all">
        {names.map((name) => (
          <li key={name}>{visible(name)}</li>
        ))}
        {count > names.length && <li>and {count - names.length} more</li>}
      </ul>
    </div>
  );
}
