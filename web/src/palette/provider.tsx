import { Dialog } from "@base-ui/react/dialog";
import { Command } from "lucide-react";
import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
} from "react";
import { useBackCloses } from "../ui/back";
import { IconButton } from "../ui/button";
import { Skeleton } from "../ui/empty";

const Palette = lazy(async () => ({ default: (await import("./palette")).Palette }));

const PaletteContext = createContext<() => void>(() => {});

/** Opens the palette from anywhere: Ctrl or Cmd + K. In a terminal Ctrl+K is Claude's own, and a button opens it. */
export function PaletteProvider({ children }: { children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const popup = useRef<HTMLDivElement>(null);
  const begun = useRef("");
  useBackCloses(isOpen, () => setOpen(false));
  const whatBegan = useCallback(() => begun.current, []);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!isShortcut(event)) return;
      event.preventDefault();
      event.stopPropagation();
      setOpen((wasOpen) => !wasOpen);
    };
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, []);
  useEffect(() => {
    begun.current = "";
    if (!isOpen) return;
    // Who types on as soon as it opens may be quicker than the field comes.
    const listen = (event: KeyboardEvent) => {
      const isLetter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (!isLetter) return;
      const field = popup.current?.querySelector("input");
      if (field) return field.focus(); // the letter goes where the focus is after this
      event.preventDefault();
      begun.current += event.key;
    };
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, [isOpen]);
  return (
    <PaletteContext value={() => setOpen(true)}>
      {children}
      <Dialog.Root open={isOpen} onOpenChange={setOpen}>
        <Dialog.Portal>
          <Dialog.Backdrop className="fixed inset-0 z-50 bg-black/35 transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0 dark:bg-black/60" />
          <Dialog.Popup
            ref={popup}
            aria-label="Command palette"
            initialFocus={() => popup.current?.querySelector("input") ?? popup.current}
            className="fixed inset-x-0 top-0 z-50 flex max-h-dvh flex-col border-line-strong bg-raised pt-[env(safe-area-inset-top)] pr-[env(safe-area-inset-right)] pl-[env(safe-area-inset-left)] shadow-float outline-none transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0 max-sm:border-b sm:top-[12dvh] sm:left-1/2 sm:max-h-[min(32rem,76dvh)] sm:w-[calc(100vw-4rem)] sm:max-w-xl sm:-translate-x-1/2 sm:rounded-xl sm:border"
          >
            <Suspense fallback={<Skeleton />}>
              <Palette begun={whatBegan} onDone={() => setOpen(false)} />
            </Suspense>
            <Dialog.Close className="sr-only">Close</Dialog.Close>
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
    </PaletteContext>
  );
}

/** The way to the palette for the mouse, and for who does not know the keys yet. */
export function PaletteField() {
  const open = useContext(PaletteContext);
  return (
    <button
      type="button"
      onClick={open}
      className="flex h-8 w-full items-center gap-2 rounded-lg border border-line bg-surface px-2.5 text-sm text-ink-3 hover:bg-hover hover:text-ink touch:h-10"
    >
      <Command aria-hidden className="size-3.5" />
      <span className="flex-1 text-left">Go to …</span>
      <kbd aria-hidden className="font-sans text-2xs touch:hidden">
        {isApple() ? "⌘K" : "Ctrl K"}
      </kbd>
    </button>
  );
}

export function PaletteButton() {
  const open = useContext(PaletteContext);
  return (
    <IconButton label="Go to …" onClick={open}>
      <Command aria-hidden />
    </IconButton>
  );
}

function isShortcut(event: KeyboardEvent): boolean {
  if (event.key.toLowerCase() !== "k" || event.shiftKey || event.altKey || event.ctrlKey === event.metaKey)
    return false;
  const isInTerminal = event.target instanceof Element && event.target.closest(".xterm") !== null;
  return event.metaKey || !isInTerminal;
}

function isApple(): boolean {
  return /Mac|iP(hone|ad|od)/.test(navigator.userAgent);
}
