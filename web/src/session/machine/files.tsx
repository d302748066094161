import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { RefreshCw, Upload } from "lucide-react";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { explain } from "../../api/http";
import type { Session } from "../../api/types";
import { Button, IconButton } from "../../ui/button";
import { cx } from "../../ui/cx";
import { Confirm } from "../../ui/dialog";
import { Failure, Skeleton } from "../../ui/empty";
import { visible } from "../../ui/visible";
import { nameOf } from "./content";
import { FileView } from "./file-view";
import { directoryQuery, filesOf } from "./queries";
import { Entries, type Tree } from "./tree";
import { useUploads } from "./uploads";

/** The files in the session's directory: a tree, and the one that is looked at. */
export function Files({ session }: { session: Session }) {
  const { agent_id: agentId, activity } = session;
  const client = useQueryClient();
  const root = useInfiniteQuery(directoryQuery(agentId, session.directory ?? undefined));
  const [opened, setOpened] = useState<string | null>(null);
  const [latest, setLatest] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [target, setTarget] = useState<string | null>(null);
  const refresh = () => void client.invalidateQueries({ queryKey: filesOf(agentId) });
  const uploads = useUploads(agentId, refresh);
  const rows = useRef<HTMLDivElement>(null);
  const before = useRef(activity);
  useEffect(() => {
    if (before.current !== activity && activity === "idle")
      void client.invalidateQueries({ queryKey: filesOf(agentId) });
    before.current = activity; // a turn has ended, which may have changed any file
  }, [activity, agentId, client]);

  const rootPath = root.data?.pages[0]?.path;
  if (rootPath === undefined)
    return root.error === null ? (
      <Skeleton />
    ) : (
      <Failure
        title="The files cannot be shown"
        message={explain(root.error)}
        action={<Button onClick={() => void root.refetch()}>Try again</Button>}
      />
    );
  const open = (file: string) => {
    setLatest(file);
    setOpened(file);
  };
  const close = () => {
    setOpened(null);
    requestAnimationFrame(() => rows.current?.querySelector<HTMLElement>("[aria-current]")?.focus());
  };
  const here = chosen ?? rootPath;
  const directoryAt = ({ target }: DragEvent) =>
    (target as Element).closest<HTMLElement>("[data-directory]")?.dataset.directory ?? rootPath;
  const onDragOver = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    setTarget(directoryAt(event));
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setTarget(null);
    uploads.start(directoryAt(event), [...event.dataTransfer.files]);
  };
  const tree: Tree = { agentId, opened: latest, chosen: here, target, onChoose: setChosen, onOpen: open };
  return (
    <>
      {opened !== null && <FileView key={opened} agentId={agentId} path={opened} onClose={close} />}
      <div className={cx("flex min-h-0 flex-1 flex-col", opened !== null && "hidden")}>
        <div className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-2">
          <span
            className="min-w-0 flex-1 truncate font-mono text-xs text-ink-2 [direction:rtl] [text-align:left]"
            title={visible(rootPath)}
          >
            <bdi>{visible(rootPath)}</bdi>
          </span>
          <UploadButton directory={here} onFiles={(files) => uploads.start(here, files)} />
          <IconButton label="Look again" isBusy={root.isFetching} onClick={refresh}>
            <RefreshCw aria-hidden />
          </IconButton>
        </div>
        <p role="status" className="shrink-0 border-b border-line px-3 py-1 text-2xs text-ink-3 empty:hidden">
          {uploads.under.map(({ name, part }) => `Uploading ${visible(name)}: ${Math.floor(part * 100)} %`).join(" · ")}
        </p>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: files are also chosen with the button above */}
        <div
          ref={rows}
          onDragOver={onDragOver}
          onDragLeave={() => setTarget(null)}
          onDrop={onDrop}
          className={cx(
            "thin-scroll min-h-0 flex-1 overflow-y-auto py-1",
            target === rootPath && "bg-accent-soft outline-2 -outline-offset-2 outline-accent",
          )}
        >
          <Entries tree={tree} path={session.directory ?? undefined} depth={0} />
        </div>
      </div>
      <Confirm
        title={`Replace ${visible(uploads.taken?.file.name ?? "")}?`}
        action="Replace"
        isOpen={uploads.taken !== null}
        onClose={uploads.keep}
        onConfirm={async () => uploads.replace()}
      >
        There is such a file in {visible(nameOf(uploads.taken?.directory ?? rootPath))} already. What is in it now is
        lost.
      </Confirm>
    </>
  );
}

function UploadButton({ directory, onFiles }: { directory: string; onFiles: (files: File[]) => void }) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={field}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          target.value = "";
        }}
      />
      <Button
        size="small"
        needsServer
        icon={<Upload aria-hidden className="size-3.5" />}
        title={`Upload to ${visible(directory)}`}
        onClick={() => field.current?.click()}
      >
        <span className="max-w-40 truncate">Upload to {visible(nameOf(directory))}</span>
      </Button>
    </>
  );
}
