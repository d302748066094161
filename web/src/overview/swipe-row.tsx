import { Archive, ArchiveRestore } from "lucide-react";
import { type ReactNode, type TouchEvent, useRef, useState } from "react";
import { cx } from "../ui/cx";
import { Finger } from "../ui/swipe";
import { touchOf } from "../ui/use-swipe";

const ACTS_FROM_PX = 96;

/** A row that a finger draws to the left to archive it, or to bring it back; its menu does the same without a gesture. */
export function SwipeRow({
  isArchived,
  onSwipe,
  children,
}: {
  isArchived: boolean;
  onSwipe: () => void;
  children: ReactNode;
}) {
  const finger = useRef<Finger | null>(null);
  const [byPx, setBy] = useState(0);
  const hasSwiped = useRef(false);
  const begin = (event: TouchEvent) => {
    const at = touchOf(event);
    finger.current = at === null ? null : new Finger(at);
    hasSwiped.current = false;
  };
  const move = (event: TouchEvent) => {
    const at = touchOf(event);
    if (at === null) return cancel();
    const swipe = finger.current?.move(at);
    if (swipe?.kind !== "across") return;
    hasSwiped.current = true;
    setBy(Math.min(0, swipe.byPx));
  };
  const cancel = () => {
    finger.current = null;
    setBy(0);
  };
  const end = () => {
    const swipe = finger.current?.swipe; // the last move may not be drawn yet
    if (swipe?.kind === "across" && swipe.byPx < -ACTS_FROM_PX) onSwipe();
    cancel();
  };
  const Icon = isArchived ? ArchiveRestore : Archive;
  return (
    <div
      className="relative h-full overflow-clip bg-hover"
      onTouchStart={begin}
      onTouchMove={move}
      onTouchEnd={end}
      onTouchCancel={cancel}
      onClickCapture={(event) => {
        if (hasSwiped.current) event.preventDefault();
        hasSwiped.current = false;
      }}
    >
      {byPx < 0 && (
        <span
          aria-hidden
          className={cx(
            "absolute inset-y-0 right-0 flex items-center gap-1.5 px-4 text-xs font-medium",
            byPx < -ACTS_FROM_PX ? "text-ink" : "text-ink-3",
          )}
        >
          <Icon className="size-4" />
          {isArchived ? "Unarchive" : "Archive"}
        </span>
      )}
      <div
        className={cx("h-full touch-pan-y bg-canvas", byPx === 0 && "transition-transform duration-150")}
        style={{ transform: byPx === 0 ? undefined : `translateX(${byPx}px)` }}
      >
        {children}
      </div>
    </div>
  );
}
