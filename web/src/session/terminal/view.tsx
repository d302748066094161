import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronUp, Maximize, Search, Volume2, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { meQuery } from "../../api/resources";
import type { Session, User } from "../../api/types";
import { useConnection } from "../../live/hooks";
import { endingOf, obstacleOf } from "../../sessions/status";
import { StatusWords } from "../../sessions/status-dot";
import { Button, IconButton } from "../../ui/button";
import { Dialog, DialogBody, DialogFooter } from "../../ui/dialog";
import { plural } from "../../ui/format";
import { useStored } from "../../ui/stored";
import { tell, tellFailure } from "../../ui/toast";
import { visible } from "../../ui/visible";
import { ResumeButton } from "../resume-button";
import { useKeyboardInset } from "./keyboard-inset";
import { useIsLate } from "./late";
import { SoftKeys } from "./soft-keys";
import { type TerminalUse, useTerminal } from "./use-terminal";

/** A terminal session: its screen, who gives it its size, and the keys that a phone lacks. */
export function TerminalView({ session, mayCommand }: { session: Session; mayCommand: boolean }) {
  const { data: me } = useQuery(meQuery);
  return me ? <Open session={session} mayCommand={mayCommand} me={me} /> : null;
}

function Open({ session, mayCommand, me }: { session: Session; mayCommand: boolean; me: User }) {
  const [spoken, setSpoken] = useStored("claudios.terminal.read-aloud");
  const [isSearching, setSearching] = useState(false);
  const bar = useRef<HTMLElement>(null);
  const terminal = useTerminal(session.id, me.id, spoken !== "", () =>
    bar.current?.querySelector<HTMLElement>("button")?.focus(),
  );
  const inset = useKeyboardInset();
  useReopening(terminal);
  const hasEnded = session.state === "ended";
  const mayType = !hasEnded && (terminal.state?.may_type ?? mayCommand);
  useEffect(() => terminal.screen.current?.mayType(mayType), [terminal.screen, mayType]);
  const closeSearch = () => {
    setSearching(false);
    terminal.screen.current?.focus();
  };
  const paste = async () => {
    try {
      terminal.screen.current?.paste(await navigator.clipboard.readText());
    } catch (failure) {
      tellFailure("The clipboard cannot be read", failure);
    }
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col" style={{ paddingBottom: inset }}>
      <section
        ref={bar}
        aria-label="Terminal"
        className="flex min-h-10 shrink-0 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line px-3 py-1 text-xs text-ink-2"
      >
        <IconButton label="Search on the screen" aria-pressed={isSearching} onClick={() => setSearching(!isSearching)}>
          <Search aria-hidden />
        </IconButton>
        <IconButton
          label="Read the screen aloud"
          aria-pressed={spoken !== ""}
          className="aria-pressed:bg-hover"
          onClick={() => setSpoken(spoken === "" ? "yes" : "")}
        >
          <Volume2 aria-hidden />
        </IconButton>
        <Standing session={session} terminal={terminal} mayType={mayType} />
        {isSearching && <SearchField terminal={terminal} onClose={closeSearch} />}
      </section>
      <div className="relative flex min-h-0 flex-1 flex-col">
        <div className="isolate min-h-0 flex-1 overflow-auto bg-canvas p-1.5">
          <div ref={terminal.host} className="size-full min-h-24 **:[touch-action:pan-x_pinch-zoom]" />
        </div>
        <CopyAsked terminal={terminal} />
      </div>
      {mayType && (
        <div className="hidden pb-[env(safe-area-inset-bottom)] touch:block">
          <SoftKeys
            isControl={terminal.isControl}
            onControl={() => terminal.setControl(!terminal.isControl)}
            onKey={(key) => terminal.screen.current?.press(key)}
            onPaste={() => void paste()}
          />
        </div>
      )}
      {hasEnded && <Ended session={session} mayCommand={mayCommand} />}
      <OpenAsked terminal={terminal} />
    </div>
  );
}

/** Who gives the size, what is on its way, and what is wrong. */
function Standing({ session, terminal, mayType }: { session: Session; terminal: TerminalUse; mayType: boolean }) {
  const { state, untaken, lost } = terminal;
  const isLate = useIsLate(terminal.untakenSinceMs);
  const owner = state?.owner ?? null;
  const hasEnded = session.state === "ended";
  return (
    <>
      {!hasEnded && (
        <span className="md:hidden">
          <StatusWords session={session} withoutDot />
        </span>
      )}
      <span role="status" className="min-w-0 truncate">
        {standing(session, terminal)}
      </span>
      {isLate && (
        <span className="text-warn">
          {plural(untaken, "key")} on {untaken === 1 ? "its" : "their"} way
        </span>
      )}
      {lost !== null && (
        <span role="alert" className="flex items-center gap-1 text-bad">
          {lost}
          <IconButton label="Dismiss" className="size-6" onClick={() => terminal.settle("lost")}>
            <X aria-hidden />
          </IconButton>
        </span>
      )}
      <span className="flex-1" />
      {mayType && owner !== null && owner.viewer !== state?.viewer && (
        <Button size="small" icon={<Maximize aria-hidden className="size-3.5" />} onClick={terminal.own}>
          Take over the size
        </Button>
      )}
      {mayType && <span className="text-ink-3 max-md:hidden">Ctrl+] or Ctrl+Shift+Enter leaves the screen</span>}
    </>
  );
}

export function standing(session: Session, { state, isGone }: Pick<TerminalUse, "state" | "isGone">): string {
  if (isGone) return "This session is not to be seen any more: it was deleted, or taken away.";
  if (state === null) return "Connecting …";
  if (session.state === "ended") return endingOf(session);
  if (state.round === null) return `${session.agent_name} is away: what is typed waits ten seconds for it.`;
  if (!state.may_type) return "You watch.";
  if (state.owner === null) return "";
  return state.owner.viewer === state.viewer
    ? "It has the size of this window."
    : `It has the size of another window (${state.owner.username}).`;
}

function SearchField({ terminal, onClose }: { terminal: TerminalUse; onClose: () => void }) {
  const [text, setText] = useState("");
  const [isFound, setFound] = useState(true);
  useEffect(() => () => terminal.screen.current?.endSearch(), [terminal.screen]);
  const find = (isBackwards: boolean) =>
    setFound(text === "" || (terminal.screen.current?.find(text, isBackwards) ?? false));
  return (
    <form
      className="flex w-full items-center gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        find(true);
      }}
    >
      <label className="flex min-w-0 flex-1 items-center">
        <span className="sr-only">Search on the screen and above it</span>
        <input
          type="search"
          // biome-ignore lint/a11y/noAutofocus: it was asked for just now
          autoFocus
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && onClose()}
          placeholder="Search on the screen and above it"
          className="h-8 min-w-0 flex-1 rounded-lg border border-line-strong bg-surface px-2.5 text-sm placeholder:text-ink-3 touch:h-10"
        />
      </label>
      <span role="status">{isFound ? "" : "Not there"}</span>
      <IconButton label="Above" type="submit">
        <ChevronUp aria-hidden />
      </IconButton>
      <IconButton label="Below" onClick={() => find(false)}>
        <ChevronDown aria-hidden />
      </IconButton>
    </form>
  );
}

/**
 * What the program wants to put on the clipboard: never done by itself, and asked above the screen and not in its stead,
 * so that no key which is meant for the screen is the answer.
 */
function CopyAsked({ terminal: { toCopy, settle } }: { terminal: TerminalUse }) {
  if (toCopy === null) return null;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(toCopy);
      tell("It is on the clipboard.");
    } catch (failure) {
      tellFailure("It was not copied", failure);
    }
    settle("toCopy");
  };
  return (
    <section
      aria-label="Copy this?"
      className="absolute inset-x-2 top-2 flex flex-col gap-2 rounded-lg border border-line-strong bg-surface p-3 shadow-lg sm:left-auto sm:w-96"
    >
      <p role="status" className="text-xs text-ink-2">
        What runs in the terminal wants to put this on your clipboard:
      </p>
      <Shown text={toCopy} />
      <div className="flex justify-end gap-2">
        <Button size="small" onClick={() => settle("toCopy")}>
          Do not
        </Button>
        <Button size="small" look="primary" onClick={() => void copy()}>
          Copy
        </Button>
      </div>
    </section>
  );
}

/** A link that somebody clicked: where it leads is shown before it is opened. */
function OpenAsked({ terminal: { toOpen, settle } }: { terminal: TerminalUse }) {
  const close = () => settle("toOpen");
  return (
    <Dialog title="Open this link?" isOpen={toOpen !== null} onClose={close}>
      <DialogBody>
        <Shown text={toOpen ?? ""} />
      </DialogBody>
      <DialogFooter>
        <Button onClick={close}>Do not</Button>
        <Button
          look="primary"
          onClick={() => {
            window.open(toOpen ?? "", "_blank", "noopener,noreferrer");
            close();
          }}
        >
          Open
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

function Shown({ text }: { text: string }) {
  return (
    <pre className="thin-scroll max-h-40 overflow-auto rounded-lg border border-line bg-sunken p-3 font-mono text-xs break-all whitespace-pre-wrap">
      {visible(text)}
    </pre>
  );
}

/** Where one goes on with a session that has ended: on its screen, or as a chat. */
function Ended({ session, mayCommand }: { session: Session; mayCommand: boolean }) {
  if (!mayCommand || obstacleOf(session) !== null) return null;
  return (
    <footer className="flex shrink-0 flex-wrap items-center justify-center gap-2 border-t border-line px-3 py-2 pb-[max(0.5rem,env(safe-area-inset-bottom))]">
      <ResumeButton session={session} mode="terminal" />
      <ResumeButton session={session} mode="chat" />
    </footer>
  );
}

/** The page came back to the server: what was open may be dead without having noticed. */
function useReopening(terminal: TerminalUse): void {
  const { state } = useConnection();
  const wasLive = useRef(state === "live");
  const { reopen } = terminal;
  const again = useRef(reopen);
  again.current = reopen;
  useEffect(() => {
    if (state === "live" && !wasLive.current) again.current();
    wasLive.current = state === "live";
  }, [state]);
}
