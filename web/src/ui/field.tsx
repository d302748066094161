import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "./cx";

export const inputClass =
  "w-full rounded-lg border border-line-strong bg-surface px-3 text-sm text-ink placeholder:text-ink-3 focus-visible:outline-2 focus-visible:outline-offset-0 aria-invalid:border-bad-dot disabled:opacity-60";

interface Labels {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

/** One labelled line of input with its hint and what is wrong with it. */
export function Field({ label, hint, error, className, ...rest }: ComponentProps<"input"> & Labels) {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} error={error} className={className}>
      <input
        id={id}
        {...rest}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(id, hint, error)}
        className={cx(inputClass, "h-9 touch:h-11")}
      />
    </Labelled>
  );
}

export function TextArea({ label, hint, error, className, ...rest }: ComponentProps<"textarea"> & Labels) {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} error={error} className={className}>
      <textarea
        id={id}
        {...rest}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(id, hint, error)}
        className={cx(inputClass, "thin-scroll min-h-20 resize-y py-2 leading-5")}
      />
    </Labelled>
  );
}

/** One thing to choose or not, with what it means. */
export function Check({
  isChecked,
  onChange,
  hint,
  children,
}: {
  isChecked: boolean;
  onChange: (isChecked: boolean) => void;
  hint?: string;
  children: string;
}) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <input
        id={id}
        type="checkbox"
        checked={isChecked}
        onChange={(event) => onChange(event.target.checked)}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        className="mt-0.5 size-4 shrink-0 accent-accent touch:size-5"
      />
      <div>
        <label htmlFor={id} className="text-sm">
          {children}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-xs text-ink-3">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

/** A label, what is labelled, its hint and what is wrong with it; `id` is that of what is labelled. */
export function Labelled({
  id,
  label,
  hint,
  error,
  className,
  children,
}: Labels & { id: string; className?: string | undefined; children: ReactNode }) {
  return (
    <div className={cx("flex flex-col gap-1.5", className)}>
      <label htmlFor={id} className="text-sm font-medium text-ink">
        {label}
      </label>
      {children}
      {hint && (
        <div id={`${id}-hint`} className="text-xs text-ink-3">
          {hint}
        </div>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} role="alert" className="text-xs text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

function describedBy(id: string, hint: ReactNode, error: string | undefined): string | undefined {
  return cx(hint ? `${id}-hint` : null, error !== undefined && `${id}-error`) || undefined;
}
