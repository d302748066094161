import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { WebglAddon } from "@xterm/addon-webgl";
import { type ITheme, Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { TouchScroll } from "./touch";

const SCROLLBACK_LINES = 10_000;
const MOST_CLIPBOARD_CHARACTERS = 100_000;

/** What a screen asks of the page around it. */
export interface ScreenOwner {
  typed(data: Uint8Array): void;
  /** The program wants to put this on the clipboard. */
  wantsToCopy(text: string): void;
  /** Somebody clicked a link; its words may say anything, and the address is in the form that is asked for. */
  wantsToOpen(url: string): void;
  /** Somebody wants the keyboard's focus to leave the screen. */
  leave(): void;
}

/** A terminal's screen: shows bytes, tells what is typed, and answers the program nothing by itself. */
export class TerminalScreen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  #touch: TouchScroll | null = null;
  /** Whether Cmd copies and pastes, and Ctrl is the program's. */
  readonly #isMac = /^(Mac|iP)/.test(navigator.platform);

  /** The screen goes into `host`, whose parent scrolls where the screen is larger. */
  constructor(host: HTMLElement, owner: ScreenOwner, theme: ITheme, isReadAloud: boolean, isCalm: boolean) {
    const terminal = new Terminal({
      allowProposedApi: true, // for Unicode 11
      cursorBlink: !isCalm,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--font-mono") || "monospace",
      fontSize: 13,
      linkHandler: { activate: (_, url) => wantsToOpen(url, owner), allowNonHttpProtocols: false },
      minimumContrastRatio: 4.5,
      screenReaderMode: isReadAloud,
      scrollback: SCROLLBACK_LINES,
      theme,
    });
    this.#terminal = terminal;
    terminal.loadAddon(this.#fit);
    terminal.loadAddon(this.#search);
    terminal.loadAddon(new Unicode11Addon());
    terminal.unicode.activeVersion = "11";
    terminal.loadAddon(new WebLinksAddon((_, url) => wantsToOpen(url, owner)));
    answerNothing(terminal);
    terminal.parser.registerOscHandler(52, (data) => {
      const text = copied(data);
      if (text) owner.wantsToCopy(text);
      return true;
    });
    terminal.onData((data) => isFocusReport(data) || owner.typed(new TextEncoder().encode(data)));
    terminal.onBinary((data) => owner.typed(Uint8Array.from(data, (character) => character.charCodeAt(0))));
    terminal.attachCustomKeyEventHandler((event) => this.#mayHave(event, owner));
    terminal.open(host);
    terminal.element?.addEventListener("paste", (event) => this.#pasted(event), true);
    if (!this.#isMac) terminal.element?.addEventListener("copy", () => terminal.clearSelection());
    drawByGpu(terminal);
    if (terminal.element && host.parentElement)
      this.#touch = new TouchScroll(terminal, terminal.element, host.parentElement, isCalm);
  }

  close(): void {
    this.#touch?.close();
    this.#terminal.dispose();
  }

  begin(columns: number, rows: number, data: Uint8Array): void {
    this.#inOrder(() => {
      this.#terminal.reset();
      this.#terminal.resize(columns, rows);
    });
    this.#terminal.write(data);
  }

  write(data: Uint8Array): void {
    this.#terminal.write(data);
  }

  resize(columns: number, rows: number): void {
    this.#inOrder(() => this.#terminal.resize(columns, rows));
  }

  /** Say when everything that was written so far has been taken. */
  whenShown(then: () => void): void {
    this.#inOrder(then);
  }

  /** What size would fill the place that the screen has; null where it has none, as behind another view. */
  wanted(): { columns: number; rows: number } | null {
    if (!this.#terminal.element?.offsetWidth) return null;
    const found = this.#fit.proposeDimensions();
    if (found === undefined || Number.isNaN(found.cols) || Number.isNaN(found.rows)) return null;
    return { columns: Math.min(Math.max(found.cols, 2), 1000), rows: Math.min(Math.max(found.rows, 2), 1000) };
  }

  /** Whether keys, and the mouse where the program follows it, are taken. */
  mayType(mayType: boolean): void {
    this.#terminal.options.disableStdin = !mayType;
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** Take what a soft key means: in the form that the program asked for. */
  press(key: SoftKey): void {
    const isApplication = this.#terminal.modes.applicationCursorKeysMode;
    const arrow = ARROWS[key];
    this.#terminal.input(arrow ? `\u001b${isApplication ? "O" : "["}${arrow}` : (PLAIN[key] ?? key), true);
  }

  /** Paste text; its escape characters are shown, and none of them ends what the program takes as pasted. */
  paste(text: string): void {
    this.#terminal.paste(text.replaceAll("\u001b", "\u241b"));
  }

  find(text: string, isBackwards: boolean): boolean {
    return isBackwards ? this.#search.findPrevious(text) : this.#search.findNext(text);
  }

  /** Select nothing more. */
  endSearch(): void {
    this.#terminal.clearSelection();
  }

  paint(theme: ITheme): void {
    this.#terminal.options.theme = theme;
  }

  readAloud(isReadAloud: boolean): void {
    this.#terminal.options.screenReaderMode = isReadAloud;
  }

  /** Paste in the browser's stead: the terminal itself pastes text as it is. */
  #pasted(event: ClipboardEvent): void {
    event.preventDefault();
    event.stopImmediatePropagation();
    this.paste(event.clipboardData?.getData("text/plain") ?? "");
  }

  /** Do something in its place among what is written: what came before was meant for how the screen was before. */
  #inOrder(change: () => void): void {
    this.#terminal.write("", change);
  }

  /**
   * Say whether the screen may have a key, or the browser shall: what is selected is copied, and no more selected, so
   * that the next Ctrl+C interrupts; and Ctrl+V pastes. Many keyboards have no `]` without another key: there, it is
   * Ctrl+Shift+Enter that leaves.
   */
  #mayHave(event: KeyboardEvent, owner: ScreenOwner): boolean {
    if (!event.ctrlKey || event.altKey || event.metaKey) return true;
    if (event.key === "]" || (event.key === "Enter" && event.shiftKey)) {
      event.preventDefault(); // else Enter may press what has the focus next
      if (event.type === "keydown") owner.leave();
      return false;
    }
    if (this.#isMac) return true;
    if (event.key === "c" && this.#terminal.hasSelection()) return false;
    return event.key !== "v" && event.key !== "V";
  }
}

export type SoftKey = "Escape" | "Tab" | "BackTab" | "Enter" | "Up" | "Down" | "Left" | "Right" | (string & {});

const ARROWS: Record<string, string> = { Up: "A", Down: "B", Right: "C", Left: "D" };
const PLAIN: Record<string, string> = { Escape: "\u001b", Tab: "\t", BackTab: "\u001b[Z", Enter: "\r" };

/** The byte of a letter typed together with Ctrl; null where there is none. */
export function withControl(character: string): string | null {
  const code = character.toUpperCase().charCodeAt(0);
  return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code - 0x40) : null;
}

/** Take the program's questions out: every viewer's screen would type an answer, and Claude needs none. */
function answerNothing({ parser }: Terminal): void {
  const nothing = () => true;
  for (const id of [
    { final: "c" },
    { prefix: ">", final: "c" },
    { prefix: "=", final: "c" },
    { final: "n" },
    { prefix: "?", final: "n" },
    { final: "t" },
    { prefix: ">", final: "q" },
    { prefix: "?", final: "u" },
    { intermediates: "$", final: "p" },
    { prefix: "?", intermediates: "$", final: "p" },
  ])
    parser.registerCsiHandler(id, nothing);
  for (const id of [
    { intermediates: "$", final: "q" },
    { intermediates: "+", final: "q" },
  ])
    parser.registerDcsHandler(id, nothing);
  for (const color of [4, 10, 11, 12]) parser.registerOscHandler(color, (data) => data.includes("?"));
}

function isFocusReport(data: string): boolean {
  return data === "\u001b[I" || data === "\u001b[O";
}

/** The text of a request to put something on the clipboard; null for a question of what is there. */
function copied(data: string): string | null {
  const text = data.slice(data.indexOf(";") + 1);
  if (text === "?" || text.length > MOST_CLIPBOARD_CHARACTERS) return null;
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
  } catch {
    return null;
  }
}

/** Have a link opened as the browser reads it: where its name only looks like another's, that shows. */
function wantsToOpen(url: string, owner: ScreenOwner): void {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) owner.wantsToOpen(new URL(url).href);
}

/** Draw by the graphics processor where there is one; else, and once it is lost, in the document. */
function drawByGpu(terminal: Terminal): void {
  if (!hasGpu()) return;
  try {
    const gpu = new WebglAddon();
    gpu.onContextLoss(() => gpu.dispose());
    terminal.loadAddon(gpu);
  } catch {
    // It draws in the document.
  }
}

/** Whether a graphics processor draws: a program in the place of one is several times slower than the document. */
function hasGpu(): boolean {
  const probe = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (probe === null) return false;
  const told = probe.getExtension("WEBGL_debug_renderer_info");
  const name = String(probe.getParameter(told?.UNMASKED_RENDERER_WEBGL ?? probe.RENDERER));
  probe.getExtension("WEBGL_lose_context")?.loseContext();
  return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}
