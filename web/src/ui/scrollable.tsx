import type { ReactNode } from "react";
import { cx } from "./cx";

/** A box that scrolls by itself, and therefore can be reached by keyboard and has a name. */
export function Scrollable({ label, className, children }: { label: string; className?: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls, and a section would be a landmark
    <div
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      className={cx("thin-scroll overflow-auto -outline-offset-2", className)}
    >
      {children}
    </div>
  );
}
