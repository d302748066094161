import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";
import { useNeed } from "./reach";

type Look = "primary" | "secondary" | "ghost" | "danger" | "allow";

const LOOKS: Record<Look, string> = {
  primary: "bg-ink text-canvas hover:opacity-90 border-transparent",
  secondary: "bg-surface text-ink border-line-strong hover:bg-hover",
  ghost: "bg-transparent text-ink-2 border-transparent hover:bg-hover hover:text-ink",
  danger: "bg-surface text-bad border-bad-line hover:bg-bad-soft",
  allow: "bg-ok text-canvas border-transparent hover:opacity-90",
};

const SIZES = {
  small: "h-7 px-2.5 text-xs gap-1.5 rounded-md touch:h-9",
  medium: "h-8 px-3 text-sm gap-2 rounded-lg touch:h-10",
};

const SHAPE =
  "inline-flex shrink-0 items-center justify-center border font-medium whitespace-nowrap select-none transition-[background,opacity,color] duration-100 disabled:opacity-50 disabled:cursor-not-allowed aria-disabled:opacity-50";

export interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  size?: keyof typeof SIZES;
  isBusy?: boolean;
  icon?: ReactNode;
  /** It does nothing without the server, as what submits a form; while that cannot be asked, it is off. */
  needsServer?: boolean;
}

/** The class names of a button, for links that look like one. */
export function buttonClass(look: Look = "secondary", size: keyof typeof SIZES = "medium"): string {
  return cx(SHAPE, LOOKS[look], SIZES[size]);
}

/** A button that shows at once that it was pressed: while busy it spins and does not act again. */
export function Button({
  look = "secondary",
  size = "medium",
  isBusy,
  icon,
  needsServer,
  className,
  children,
  ...rest
}: ButtonProps) {
  const { isOff, ...why } = useNeed(needsServer ?? rest.type === "submit");
  return (
    <button
      type="button"
      {...rest}
      {...why}
      disabled={rest.disabled || isBusy || isOff}
      aria-busy={isBusy || undefined}
      className={cx(buttonClass(look, size), className)}
    >
      {isBusy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

/** Turns while something is under way. */
export function Spinner() {
  return <LoaderCircle aria-hidden className="size-3.5 animate-spin" />;
}

/** A square button with only a picture; `label` is what it is called. */
export function IconButton({
  label,
  isBusy,
  needsServer = false,
  className,
  children,
  ...rest
}: ComponentProps<"button"> & { label: string; isBusy?: boolean; needsServer?: boolean }) {
  const { isOff, ...why } = useNeed(needsServer);
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      {...why}
      disabled={rest.disabled || isBusy || isOff}
      aria-busy={isBusy || undefined}
      className={cx(
        "inline-flex size-7 shrink-0 items-center justify-center rounded-md text-ink-3 transition-colors duration-100 hover:bg-hover hover:text-ink disabled:cursor-not-allowed disabled:opacity-40 touch:size-10 [&_svg]:size-4",
        className,
      )}
    >
      {isBusy ? <Spinner /> : children}
    </button>
  );
}
