import { Link } from "@tanstack/react-router";
import { ChevronLeft, CircleStop, Ellipsis, Info, Pencil, Trash2 } from "lucide-react";
import type { Session } from "../api/types";
import { titleOf } from "../sessions/status";
import { StatusDot, StatusWords } from "../sessions/status-dot";
import { ConnectionPill } from "../shell/connection";
import { DemoBadge } from "../ui/badge";
import { Button, IconButton } from "../ui/button";
import { Menu, MenuItem, MenuLine } from "../ui/menu";

interface HeaderProps {
  session: Session;
  mayCommand: boolean;
  mayDelete: boolean;
  onRename: () => void;
  onDetails: () => void;
  onTerminate: () => void;
  onDelete: () => void;
}

/** A session's name, how it stands, and what can be done with it as a whole. */
export function SessionHeader({
  session,
  mayCommand,
  mayDelete,
  onRename,
  onDetails,
  onTerminate,
  onDelete,
}: HeaderProps) {
  const isEnded = session.state === "ended";
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-2 md:px-5">
      <Link
        to="/"
        search={{}}
        aria-label="Back to the sessions"
        className="flex size-9 items-center justify-center rounded-lg text-ink-2 hover:bg-hover md:hidden"
      >
        <ChevronLeft aria-hidden className="size-5" />
      </Link>
      <span className="md:hidden">
        <StatusDot session={session} />
      </span>
      <h1 className="min-w-0 truncate text-[0.9375rem] font-semibold" title={titleOf(session)}>
        {titleOf(session)}
      </h1>
      {session.demo && <DemoBadge />}
      <span className="min-w-0 flex-1 truncate text-xs text-ink-3 max-md:sr-only">
        <span className="mr-3 ml-1">
          <StatusWords session={session} />
        </span>
        <span className="max-lg:hidden">
          {session.agent_name}
          {session.directory && (
            <>
              {" · "}
              <span className="font-mono">{session.directory}</span>
            </>
          )}
        </span>
      </span>
      <span className="flex-1 md:hidden" />
      {!isEnded && mayCommand && (
        <Button
          size="small"
          className="max-md:hidden"
          icon={<CircleStop aria-hidden className="size-3.5" />}
          onClick={onTerminate}
        >
          Terminate
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
          <>
            <MenuItem icon={<Pencil aria-hidden />} onSelect={onRename}>
              Rename
            </MenuItem>
            {!isEnded && <MenuLine />}
            {!isEnded && (
              <MenuItem isDanger icon={<CircleStop aria-hidden />} onSelect={onTerminate}>
                Terminate
              </MenuItem>
            )}
          </>
        )}
        {isEnded && mayDelete && (
          <MenuItem isDanger icon={<Trash2 aria-hidden />} onSelect={onDelete}>
            Delete
          </MenuItem>
        )}
      </Menu>
    </header>
  );
}
