import { Link } from "@tanstack/react-router";
import {
  Archive,
  ArchiveRestore,
  Braces,
  ChevronLeft,
  CircleStop,
  Clapperboard,
  Ellipsis,
  FileCode,
  FileDown,
  FileJson,
  FileText,
  FolderTree,
  GitFork,
  Info,
  Pencil,
  Share2,
  Trash2,
} from "lucide-react";
import type { ReactNode } from "react";
import type { Session } from "../api/types";
import { obstacleOf, titleOf } from "../sessions/status";
import { StatusDot, StatusWords } from "../sessions/status-dot";
import { ConnectionPill } from "../shell/connection";
import { Badge, DemoBadge } from "../ui/badge";
import { Button, IconButton, Spinner } from "../ui/button";
import { cx } from "../ui/cx";
import { Menu, MenuDownload, MenuItem, MenuLine } from "../ui/menu";
import { useWhole } from "./whole";

interface HeaderProps {
  session: Session;
  mayCommand: boolean;
  /** An owner of the project, who may also share it. */
  mayDelete: boolean;
  beside: "raw" | "machine" | null;
  /** What tells of the repository it works in. */
  changes: ReactNode;
  onShare: () => void;
  onBeside: (panel: "raw" | "machine") => void;
  onRename: () => void;
  onDetails: () => void;
  onTerminate: () => void;
  onDelete: () => void;
}

const FORMATS = [
  { format: "markdown", label: "Export as Markdown", icon: FileText },
  { format: "html", label: "Export as HTML", icon: FileCode },
  { format: "jsonl", label: "Export as JSON lines", icon: FileJson },
] as const;

/** The name needs room first: what stands in the menu too goes where there is little, and loses its words before. */
const OF_MENU = "max-md:hidden @max-md/header:hidden";
const WORDS = "@max-[52rem]/header:sr-only";

/** A session's name, how it stands, and what can be done with it as a whole. */
export function SessionHeader({
  session,
  mayCommand,
  mayDelete,
  beside,
  changes,
  onShare,
  onBeside,
  onRename,
  onDetails,
  onTerminate,
  onDelete,
}: HeaderProps) {
  const { underWay, fork, archive } = useWhole(session); // here, so that no more than the header is drawn for it
  const isEnded = session.state === "ended";
  const isArchived = session.archived_ms !== null;
  const address = `/api/v1/sessions/${session.id}`;
  return (
    <header className="@container/header flex h-12 shrink-0 items-center gap-2 border-b border-line px-2 md:px-5">
      <Link
        to="/"
        search={{}}
        aria-label="Back to the sessions"
        className="flex size-9 items-center justify-center rounded-lg text-ink-2 hover:bg-hover md:hidden"
      >
        <ChevronLeft aria-hidden className="size-5" />
      </Link>
      <span className="@2xl/header:hidden">
        <StatusDot session={session} beats />
      </span>
      <h1 className="min-w-10 truncate text-[0.9375rem] font-semibold" title={titleOf(session)}>
        {titleOf(session)}
      </h1>
      {session.demo && <DemoBadge />}
      {isArchived && <Badge>Archived</Badge>}
      <span role="status" className="flex shrink-0 items-center gap-1.5 text-xs text-ink-2 empty:-ml-2">
        {underWay !== null && <Spinner />}
        {underWay}
      </span>
      <span className="ml-1 shrink-0 @max-2xl/header:sr-only">
        <StatusWords session={session} />
      </span>
      <span className="min-w-0 flex-1 truncate text-xs text-ink-3">
        <span className="ml-1 @max-[52rem]/header:hidden">
          {session.agent_name}
          {session.directory && (
            <>
              {" · "}
              <span className="font-mono">{session.directory}</span>
            </>
          )}
        </span>
      </span>
      {changes}
      {mayCommand && (
        <Button
          size="small"
          aria-pressed={beside === "machine"}
          title="Files"
          className={cx(OF_MENU, "aria-pressed:bg-hover")}
          icon={<FolderTree aria-hidden className="size-3.5" />}
          onClick={() => onBeside("machine")}
        >
          <span className={WORDS}>Files</span>
        </Button>
      )}
      <Button
        size="small"
        aria-pressed={beside === "raw"}
        title="Raw"
        className={cx(OF_MENU, "aria-pressed:bg-hover")}
        icon={<Braces aria-hidden className="size-3.5" />}
        onClick={() => onBeside("raw")}
      >
        <span className={WORDS}>Raw</span>
      </Button>
      {!isEnded && mayCommand && (
        <Button
          size="small"
          needsServer
          title="Terminate"
          className={OF_MENU}
          icon={<CircleStop aria-hidden className="size-3.5" />}
          isBusy={session.is_ending ?? false}
          onClick={onTerminate}
        >
          <span className={WORDS}>Terminate</span>
        </Button>
      )}
      <span className="md:hidden">
        <ConnectionPill />
      </span>
      <Menu
        trigger={
          <IconButton label="Session actions">
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem icon={<Info aria-hidden />} onSelect={onDetails}>
          Details
        </MenuItem>
        {mayCommand && (
          <MenuItem icon={<FolderTree aria-hidden />} onSelect={() => onBeside("machine")}>
            {beside === "machine" ? "Close the files" : "Files"}
          </MenuItem>
        )}
        <MenuItem icon={<Braces aria-hidden />} onSelect={() => onBeside("raw")}>
          {beside === "raw" ? "Close the raw log" : "Raw log"}
        </MenuItem>
        {session.mode === "terminal" && (
          <MenuDownload icon={<Clapperboard aria-hidden />} href={`${address}/asciicast`}>
            Download the recording
          </MenuDownload>
        )}
        <MenuDownload icon={<FileDown aria-hidden />} href={`${address}/export`}>
          Export the record
        </MenuDownload>
        {FORMATS.map(({ format, label, icon: Icon }) => (
          <MenuDownload key={format} icon={<Icon aria-hidden />} href={`${address}/transcript?format=${format}`}>
            {label}
          </MenuDownload>
        ))}
        {mayDelete && (
          <MenuItem icon={<Share2 aria-hidden />} needsServer onSelect={onShare}>
            Share
          </MenuItem>
        )}
        {mayCommand && (
          <>
            <MenuItem icon={<Pencil aria-hidden />} needsServer onSelect={onRename}>
              Rename
            </MenuItem>
            {obstacleOf(session) === null && (
              <MenuItem icon={<GitFork aria-hidden />} needsServer onSelect={fork}>
                Fork
              </MenuItem>
            )}
            {isEnded && (
              <MenuItem
                icon={isArchived ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />}
                needsServer
                onSelect={() => archive(!isArchived)}
              >
                {isArchived ? "Unarchive" : "Archive"}
              </MenuItem>
            )}
            {!isEnded && <MenuLine />}
            {!isEnded && (
              <MenuItem
                isDanger
                isDisabled={session.is_ending ?? false}
                icon={<CircleStop aria-hidden />}
                needsServer
                onSelect={onTerminate}
              >
                Terminate
              </MenuItem>
            )}
          </>
        )}
        {isEnded && mayDelete && (
          <MenuItem isDanger icon={<Trash2 aria-hidden />} needsServer onSelect={onDelete}>
            Delete
          </MenuItem>
        )}
      </Menu>
    </header>
  );
}
