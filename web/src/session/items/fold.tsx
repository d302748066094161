import { ChevronRight } from "lucide-react";
import { type ReactNode, useId } from "react";
import { cx } from "../../ui/cx";
import { useOpen } from "../open-state";

/** One line that unfolds. */
export function Fold({
  id,
  line,
  children,
  below,
  isBoxed,
  isInitiallyOpen,
}: {
  id: string;
  line: ReactNode;
  children: ReactNode;
  /** What is shown also while it is folded. */
  below?: ReactNode;
  isBoxed?: boolean;
  isInitiallyOpen?: boolean;
}) {
  const [isOpen, toggle] = useOpen(id, isInitiallyOpen);
  const bodyId = useId();
  return (
    <div className={cx(isBoxed && "overflow-hidden rounded-lg border border-line bg-surface")}>
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={bodyId}
        onClick={toggle}
        className={cx(
          "flex w-full min-w-0 items-center gap-2 text-left text-sm -outline-offset-2",
          isBoxed
            ? "min-h-9 px-2.5 py-1.5 hover:bg-hover/60 touch:min-h-11"
            : "min-h-7 rounded-md text-ink-3 hover:text-ink touch:min-h-10",
        )}
      >
        <ChevronRight
          aria-hidden
          className={cx("size-3.5 shrink-0 text-ink-3 transition-transform duration-100", isOpen && "rotate-90")}
        />
        {line}
      </button>
      <div id={bodyId} className={cx(isBoxed && isOpen && "border-t border-line bg-sunken")}>
        {isOpen && children}
      </div>
      {below}
    </div>
  );
}
