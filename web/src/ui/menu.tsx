import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { cx } from "./cx";

/** A list of actions that opens from `trigger`. */
export function Menu({
  trigger,
  children,
  align = "end",
  side = "bottom",
}: {
  trigger: ReactElement<Record<string, unknown>>;
  children: ReactNode;
  align?: "start" | "end";
  side?: "top" | "bottom";
}) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner className="z-50 outline-none" sideOffset={4} align={align} side={side}>
          <Base.Popup className="popup min-w-44 p-1 outline-none">{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({
  icon,
  children,
  onSelect,
  isDanger,
  isDisabled,
}: {
  icon?: ReactNode;
  children: ReactNode;
  onSelect: () => void;
  isDanger?: boolean;
  isDisabled?: boolean;
}) {
  return (
    <Base.Item
      onClick={onSelect}
      disabled={isDisabled ?? false}
      className={cx(
        "flex cursor-default items-center gap-2.5 rounded-md px-2 py-1.5 text-sm outline-none select-none data-disabled:opacity-45 data-highlighted:bg-hover touch:py-2.5 [&_svg]:size-4 [&_svg]:shrink-0",
        isDanger ? "text-bad" : "text-ink [&_svg]:text-ink-3",
      )}
    >
      {icon}
      {children}
    </Base.Item>
  );
}

/** Items of which one is chosen. */
export function MenuChoice<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: Value;
  options: readonly { value: Value; label: string; icon: ReactNode }[];
  onChange: (value: Value) => void;
}) {
  return (
    <Base.RadioGroup value={value} onValueChange={(next) => onChange(next as Value)} className="px-1 py-1">
      <span className="sr-only">{label}</span>
      <div className="flex gap-0.5 rounded-md bg-sunken p-0.5">
        {options.map((option) => (
          <Base.RadioItem
            key={option.value}
            value={option.value}
            closeOnClick={false}
            aria-label={`${label}: ${option.label}`}
            className="flex flex-1 items-center justify-center gap-1.5 rounded px-2 py-1 text-xs text-ink-2 outline-none data-checked:bg-raised dark:data-checked:bg-line-strong data-checked:text-ink data-checked:shadow-sm data-highlighted:text-ink data-highlighted:ring-2 data-highlighted:ring-accent/60 touch:py-2 [&_svg]:size-3.5"
          >
            {option.icon}
            {option.label}
          </Base.RadioItem>
        ))}
      </div>
    </Base.RadioGroup>
  );
}

export function MenuLine() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}

export function MenuText({ children }: { children: ReactNode }) {
  return <div className="px-2 py-1.5 text-xs text-ink-3">{children}</div>;
}
