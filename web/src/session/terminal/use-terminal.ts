import { type RefObject, useEffect, useRef, useState } from "react";
import { TerminalScreen, withControl } from "./screen";
import { TerminalLink, type TerminalState, type TerminalWire, type TerminalWorld } from "./terminal-link";
import { themeNow } from "./themes";

/** How far output may run ahead of the screen, which draws it in its own time: a browser itself holds nothing back. */
const AHEAD_BYTES = 2 * 1024 * 1024;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** What a terminal's view shows beside the screen, and what can be done to it. */
export interface TerminalUse {
  host: RefObject<HTMLDivElement | null>;
  screen: RefObject<TerminalScreen | null>;
  /** How everything is; null while the server is away. */
  state: TerminalState | null;
  /** The session is not to be seen any more. */
  isGone: boolean;
  untaken: number;
  untakenSinceMs: number | null;
  /** What was typed is lost, and why; or null. */
  lost: string | null;
  /** What the program wants to put on the clipboard, and which link somebody clicked. */
  toCopy: string | null;
  toOpen: string | null;
  isControl: boolean;
  setControl(isControl: boolean): void;
  settle(what: "lost" | "toCopy" | "toOpen"): void;
  own(): void;
  reopen(): void;
}

/** Show a session's screen in `host`, and keep it as large as that where this viewer gives the size. */
export function useTerminal(sessionId: string, userId: string, isReadAloud: boolean, leave: () => void): TerminalUse {
  const host = useRef<HTMLDivElement>(null);
  const screen = useRef<TerminalScreen>(null);
  const link = useRef<TerminalLink>(null);
  const left = useRef(leave);
  left.current = leave;
  const control = useRef(false);
  const [isControl, showControl] = useState(false);
  const [state, setState] = useState<TerminalState | null>(null);
  const [isGone, setGone] = useState(false);
  const [untaken, setUntaken] = useState(0);
  const [untakenSinceMs, setUntakenSince] = useState<number | null>(null);
  const [asked, setAsked] = useState<{ lost?: string; toCopy?: string; toOpen?: string }>({});
  const setControl = (isDown: boolean) => {
    control.current = isDown;
    showControl(isDown);
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: reading aloud is switched below, without another screen
  useEffect(() => {
    if (host.current === null) return;
    const made = new TerminalScreen(
      host.current,
      {
        typed: (data) => {
          const controlled = control.current && data.length === 1 && withControl(String.fromCharCode(data[0] ?? 0));
          if (control.current) {
            control.current = false;
            showControl(false);
          }
          opened.type(controlled ? new TextEncoder().encode(controlled) : data);
        },
        // The first stays until it is answered: another in its place could be what is pressed.
        wantsToCopy: (toCopy) => setAsked((now) => ({ ...now, toCopy: now.toCopy ?? toCopy })),
        wantsToOpen: (toOpen) => setAsked((now) => ({ ...now, toOpen })),
        leave: () => left.current(),
      },
      themeNow(),
      isReadAloud,
      calm.matches,
    );
    const opened = new TerminalLink(worldOf(sessionId), userId, {
      begin: (columns, rows, data) => made.begin(columns, rows, data),
      write: (data) => made.write(data),
      resize: (columns, rows) => made.resize(columns, rows),
      whenShown: (then) => made.whenShown(then),
      state: setState,
      untaken: (count) => {
        setUntaken(count);
        setUntakenSince(opened.untakenSinceMs);
      },
      lost: (lost) => setAsked((now) => ({ ...now, lost })),
      gone: () => setGone(true),
    });
    const tellSize = () => {
      const wanted = made.wanted();
      if (wanted !== null) opened.resized(wanted.columns, wanted.rows);
    };
    const sizes = new ResizeObserver(tellSize);
    sizes.observe(host.current);
    const themes = new MutationObserver(() => made.paint(themeNow()));
    themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    tellSize();
    screen.current = made;
    link.current = opened;
    made.focus();
    return () => {
      sizes.disconnect();
      themes.disconnect();
      opened.close();
      made.close();
    };
  }, [sessionId, userId]);
  useEffect(() => screen.current?.readAloud(isReadAloud), [isReadAloud]);

  return {
    host,
    screen,
    state,
    isGone,
    untaken,
    untakenSinceMs,
    lost: asked.lost ?? null,
    toCopy: asked.toCopy ?? null,
    toOpen: asked.toOpen ?? null,
    isControl,
    setControl,
    settle: (what) => setAsked(({ [what]: _, ...others }) => others),
    own: () => link.current?.own(),
    reopen: () => link.current?.reopen(),
  };
}

function worldOf(sessionId: string): TerminalWorld {
  return {
    open: (after) => {
      const query = after === null ? "" : `&after=${after}`;
      const address = new URL(`/api/v1/sessions/${sessionId}/terminal?ahead=${AHEAD_BYTES}${query}`, location.href);
      address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
      const socket = new WebSocket(address);
      socket.binaryType = "arraybuffer";
      return socket as TerminalWire;
    },
    now: () => Date.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
  };
}
