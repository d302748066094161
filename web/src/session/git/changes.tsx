import { useQuery } from "@tanstack/react-query";
import { GitBranch, RefreshCw } from "lucide-react";
import { useState } from "react";
import { explain } from "../../api/http";
import type { Against, GitState, Session } from "../../api/types";
import { Button, IconButton } from "../../ui/button";
import { Empty, Failure, Skeleton } from "../../ui/empty";
import { visible } from "../../ui/visible";
import { changedIn, nameOf } from "./chip";
import { ChangedFileRow } from "./file";
import { gitDiffQuery, gitStateQuery, useLookAgain } from "./queries";
import { WorktreeActions } from "./worktree";

/** What differs in the repository in which a session works, and what can be done with its worktree. */
export function Changes({ session }: { session: Session }) {
  const lookAgain = useLookAgain(session);
  const state = useQuery(gitStateQuery(session));
  const isApart = session.worktree?.branch !== undefined && session.worktree?.branch !== null;
  const [against, setAgainst] = useState<Against>(isApart ? "base" : "head");
  if (session.worktree?.removed_ms != null)
    return <Empty title="The worktree was removed">What was merged is in the repository.</Empty>;
  if (!session.agent_online && state.data === undefined)
    return <Empty title="The machine is offline">What differs is asked of it once it is back.</Empty>;
  if (state.data === undefined)
    return state.error === null ? (
      <Skeleton />
    ) : (
      <Failure
        title="Git cannot be shown"
        message={explain(state.error)}
        action={<Button onClick={() => void state.refetch()}>Try again</Button>}
      />
    );
  if (!state.data.is_repository)
    return (
      <Empty icon={<GitBranch aria-hidden />} title="No repository">
        {state.data.note ?? "This directory is not in a git repository."}
      </Empty>
    );
  const base = session.worktree?.base ?? state.data.upstream;
  return (
    <>
      <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-2">
        <span className="flex min-w-0 flex-1 items-center gap-1.5 text-xs text-ink-2">
          <GitBranch aria-hidden className="size-3.5 shrink-0" />
          <span className="truncate font-mono" title={nameOf(state.data)}>
            {nameOf(state.data)}
          </span>
          <span className="shrink-0">{standing(state.data)}</span>
        </span>
        {base && (
          <fieldset className="flex gap-1">
            <legend className="sr-only">Compare with</legend>
            <Way isChosen={against === "base"} onChoose={() => setAgainst("base")}>
              {`Since ${visible(base)}`}
            </Way>
            <Way isChosen={against === "head"} onChoose={() => setAgainst("head")}>
              Not committed
            </Way>
          </fieldset>
        )}
        <IconButton label="Look again" isBusy={state.isFetching} onClick={lookAgain}>
          <RefreshCw aria-hidden />
        </IconButton>
      </div>
      {isApart && <WorktreeActions session={session} isClean={changedIn(state.data) === 0} onDone={lookAgain} />}
      <Files session={session} against={base ? against : "head"} />
    </>
  );
}

function Files({ session, against }: { session: Session; against: Against }) {
  const diff = useQuery(gitDiffQuery(session, against));
  if (diff.data === undefined)
    return diff.error === null ? (
      <Skeleton />
    ) : (
      <Failure
        title="The changes cannot be shown"
        message={explain(diff.error)}
        action={<Button onClick={() => void diff.refetch()}>Try again</Button>}
      />
    );
  const { files = [], total = 0, is_cut: isCut } = diff.data;
  if (files.length === 0 && total === 0) return <Empty title="Nothing differs">Every file is as it was.</Empty>;
  return (
    <div className="thin-scroll min-h-0 flex-1 overflow-y-auto">
      <ul aria-label="Changed files">
        {files.map((file) => (
          <ChangedFileRow key={file.path} session={session} against={against} file={file} isOpen={files.length <= 5} />
        ))}
      </ul>
      {(total > files.length || isCut) && (
        <p className="px-3 py-2 text-xs text-ink-2">
          {total > files.length ? `${total - files.length} more files differ.` : "More files may differ."}
        </p>
      )}
    </div>
  );
}

function Way({ isChosen, onChoose, children }: { isChosen: boolean; onChoose: () => void; children: string }) {
  return (
    <Button
      size="small"
      look={isChosen ? "secondary" : "ghost"}
      aria-pressed={isChosen}
      className="aria-pressed:bg-hover"
      onClick={onChoose}
    >
      <span className="max-w-36 truncate">{children}</span>
    </Button>
  );
}

function standing({ ahead, behind, upstream, under_way: underWay, conflicted }: GitState): string {
  const parts = [
    ahead ? `${ahead} ahead` : "",
    behind ? `${behind} behind` : "",
    (ahead || behind) && upstream ? `of ${visible(upstream)}` : "",
  ].filter(Boolean);
  return [parts.join(" "), underWay ? `${underWay} under way` : "", conflicted ? `${conflicted} in conflict` : ""]
    .filter(Boolean)
    .join(" · ");
}
