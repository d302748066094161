import { Select } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";
import { type ReactNode, useId } from "react";
import { cx } from "./cx";

export interface Option<Value extends string> {
  value: Value;
  label: string;
  description?: string | undefined;
  mark?: ReactNode;
  isDisabled?: boolean;
}

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value | null;
  options: readonly Option<Value>[];
  onChange: (value: Value) => void;
  placeholder?: string;
  hint?: ReactNode;
  /** Show the label only to screen readers, and keep the control as small as its text. */
  isCompact?: boolean;
  isDisabled?: boolean;
}

/** One of several, from a list that opens; works by keyboard and by typing ahead. */
export function Choice<Value extends string>(props: ChoiceProps<Value>) {
  const { label, value, options, onChange, placeholder, hint, isCompact, isDisabled } = props;
  const hintId = useId();
  const chosen = options.find((option) => option.value === value);
  return (
    <div className={cx("flex min-w-0 flex-col gap-1.5", isCompact && "shrink-0")}>
      <Select.Root
        value={value}
        onValueChange={(next) => next !== null && onChange(next as Value)}
        items={options.map(({ value, label }) => ({ value, label }))}
        disabled={isDisabled ?? false}
      >
        <Select.Label className={isCompact ? "sr-only" : "text-sm font-medium text-ink"}>{label}</Select.Label>
        <Select.Trigger
          aria-describedby={hint ? hintId : undefined}
          className={cx(
            "flex items-center gap-2 rounded-lg border border-line-strong bg-surface text-left text-sm text-ink hover:bg-hover disabled:opacity-60 data-popup-open:bg-hover",
            isCompact ? "h-8 px-2.5 touch:h-10" : "h-9 w-full px-3 touch:h-11",
          )}
        >
          {chosen?.mark}
          <Select.Value
            className="min-w-0 flex-1 truncate data-placeholder:text-ink-3"
            placeholder={placeholder ?? "Choose"}
          />
          <Select.Icon className="text-ink-3">
            <ChevronsUpDown aria-hidden className="size-3.5" />
          </Select.Icon>
        </Select.Trigger>
        <Select.Portal>
          <Select.Positioner className="z-50 outline-none" sideOffset={4} alignItemWithTrigger={false}>
            <Select.Popup className="popup min-w-[max(var(--anchor-width),11rem)] max-w-[min(26rem,calc(100vw-1.5rem))]">
              <Select.List className="thin-scroll max-h-[min(22rem,var(--available-height))] overflow-y-auto p-1">
                {options.map((option) => (
                  <Select.Item
                    key={option.value}
                    value={option.value}
                    disabled={option.isDisabled ?? false}
                    className="flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 text-sm outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover touch:py-2.5"
                  >
                    {option.mark}
                    <span className="min-w-0 flex-1">
                      <Select.ItemText className="block truncate">{option.label}</Select.ItemText>
                      {option.description && (
                        <span className="block text-xs leading-4 text-ink-3">{option.description}</span>
                      )}
                    </span>
                    <Select.ItemIndicator>
                      <Check aria-hidden className="size-3.5 text-accent" />
                    </Select.ItemIndicator>
                  </Select.Item>
                ))}
              </Select.List>
            </Select.Popup>
          </Select.Positioner>
        </Select.Portal>
      </Select.Root>
      {hint && (
        <div id={hintId} className="text-xs text-ink-3">
          {hint}
        </div>
      )}
    </div>
  );
}
