import { Menu as Base } from "@base-ui/react/menu";
import { type ReactElement, type ReactNode, type SyntheticEvent, useMemo, useRef, useState } from "react";
import { cx } from "./cx";
import { oncePainted } from "./painted";
import { useNeed } from "./reach";

/** A list of actions that opens from `trigger`. It closes after what was pressed has shown its sign: closing takes longer. */
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
  const [isOpen, setOpen] = useState(false);
  const isClosing = useRef(false);
  const put = (isWanted: boolean) => {
    isClosing.current = false;
    setOpen(isWanted);
  };
  const change = (isWanted: boolean, { reason }: Base.Root.ChangeEventDetails) => {
    if (reason !== "item-press") return put(isWanted);
    isClosing.current = true;
    oncePainted(() => put(isWanted));
  };
  const list = useMemo(
    () => (
      <Base.Portal>
        <Base.Positioner className="z-50 outline-none" sideOffset={4} align={align} side={side}>
          <Base.Popup
            className="popup min-w-44 p-1 outline-none"
            onClickCapture={(event) => dropIf(isClosing.current, event)}
            onKeyDownCapture={(event) => dropIf(isClosing.current, event)}
          >
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    ),
    [children, align, side],
  );
  return (
    <Base.Root open={isOpen} onOpenChange={change}>
      <Base.Trigger render={trigger} />
      {list}
    </Base.Root>
  );
}

/** What is pressed once more, while the menu closes, is not meant twice. */
function dropIf(isClosing: boolean, event: SyntheticEvent) {
  if (!isClosing) return;
  event.preventDefault();
  event.stopPropagation();
}

const ITEM =
  "flex cursor-default items-center gap-2.5 rounded-md px-2 py-1.5 text-sm outline-none select-none data-disabled:opacity-45 data-highlighted:bg-hover touch:py-2.5 [&_svg]:size-4 [&_svg]:shrink-0";
const PLAIN = "text-ink [&_svg]:text-ink-3";

export function MenuItem({
  icon,
  children,
  onSelect,
  isDanger,
  isDisabled = false,
  needsServer = false,
}: {
  icon?: ReactNode;
  children: ReactNode;
  onSelect: () => void;
  isDanger?: boolean;
  isDisabled?: boolean;
  needsServer?: boolean;
}) {
  const { isOff, ...why } = useNeed(needsServer);
  return (
    <Base.Item
      onClick={onSelect}
      {...why}
      disabled={isDisabled || isOff}
      className={cx(ITEM, isDanger ? "text-bad" : PLAIN)}
    >
      {icon}
      {children}
    </Base.Item>
  );
}

/** An item that saves what the server gives under an address, as a file. */
export function MenuDownload({ icon, href, children }: { icon?: ReactNode; href: string; children: ReactNode }) {
  const { isOff, ...why } = useNeed(true);
  if (isOff)
    return (
      <Base.Item {...why} disabled className={cx(ITEM, PLAIN)}>
        {icon}
        {children}
      </Base.Item>
    );
  return (
    <Base.LinkItem href={href} download closeOnClick className={cx(ITEM, PLAIN)}>
      {icon}
      {children}
    </Base.LinkItem>
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
