import {
  ArrowDown,
  ArrowLeft,
  ArrowLeftToLine,
  ArrowRight,
  ArrowUp,
  ClipboardPaste,
  CornerDownLeft,
} from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "../../ui/cx";
import type { SoftKey } from "./screen";

const KEYS: readonly { key: SoftKey; name: string; shown: ReactNode }[] = [
  { key: "Escape", name: "Esc", shown: "Esc" },
  { key: "Tab", name: "Tab", shown: "Tab" },
  { key: "BackTab", name: "Shift+Tab", shown: <ArrowLeftToLine aria-hidden className="size-4" /> },
  { key: "Left", name: "Left", shown: <ArrowLeft aria-hidden className="size-4" /> },
  { key: "Down", name: "Down", shown: <ArrowDown aria-hidden className="size-4" /> },
  { key: "Up", name: "Up", shown: <ArrowUp aria-hidden className="size-4" /> },
  { key: "Right", name: "Right", shown: <ArrowRight aria-hidden className="size-4" /> },
  { key: "Enter", name: "Enter", shown: <CornerDownLeft aria-hidden className="size-4" /> },
];
const KEY =
  "flex h-11 min-w-0 flex-1 items-center justify-center rounded-lg border border-line-strong bg-surface text-xs font-medium text-ink active:bg-hover aria-pressed:bg-ink aria-pressed:text-canvas";

/** The keys that a phone's keyboard lacks. Ctrl stays down for the next letter. */
export function SoftKeys({
  isControl,
  onControl,
  onKey,
  onPaste,
}: {
  isControl: boolean;
  onControl: () => void;
  onKey: (key: SoftKey) => void;
  onPaste: () => void;
}) {
  // Pressing one must not take the focus from the screen: the phone's keyboard would go.
  const keepFocus = (event: React.PointerEvent) => event.preventDefault();
  return (
    <div role="toolbar" aria-label="Keys" className="flex shrink-0 gap-1 px-2 py-1.5">
      <button
        type="button"
        aria-pressed={isControl}
        className={KEY}
        onPointerDown={keepFocus}
        onMouseDown={(event) => event.preventDefault()}
        onClick={onControl}
      >
        Ctrl
      </button>
      {KEYS.map(({ key, name, shown }) => (
        <button
          key={key}
          type="button"
          aria-label={name}
          className={cx(KEY)}
          onPointerDown={keepFocus}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onKey(key)}
        >
          {shown}
        </button>
      ))}
      <button
        type="button"
        aria-label="Paste"
        className={KEY}
        onPointerDown={keepFocus}
        onMouseDown={(event) => event.preventDefault()}
        onClick={onPaste}
      >
        <ClipboardPaste aria-hidden className="size-4" />
      </button>
    </div>
  );
}
