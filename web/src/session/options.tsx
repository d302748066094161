import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { cx } from "../ui/cx";

/** What completes what is being written. */
export interface Completion {
  /** What the text field says of the list. */
  field: {
    "aria-autocomplete": "list";
    "aria-haspopup": "listbox";
    "aria-controls"?: string;
    "aria-activedescendant"?: string;
  };
  list: ReactNode;
  /** Take a key; says whether it was used up. */
  onKeyDown: (event: KeyboardEvent) => boolean;
}

/** What a text field says of a list that is named `id`, while one of its options is chosen. */
export function fieldOf(id: string, isOpen: boolean, chosen: number): Completion["field"] {
  return {
    "aria-autocomplete": "list",
    "aria-haspopup": "listbox",
    ...(isOpen && { "aria-controls": id, "aria-activedescendant": `${id}-${chosen}` }),
  };
}

interface OptionListProps<T> {
  id: string;
  label: string;
  options: readonly T[];
  keyOf: (option: T) => string;
  chosen: number;
  onTake: (option: T) => void;
  /** What one option shows. */
  children: (option: T) => ReactNode;
}

/** A list above the field, of which one option is chosen, and in sight. */
export function OptionList<T>({ id, label, options, keyOf, chosen, onTake, children }: OptionListProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: "nearest" }); // newer browsers return a promise from it
  }, [chosen]);
  return (
    <div ref={list} role="listbox" id={id} aria-label={label}>
      {options.map((option, place) => (
        <div
          key={keyOf(option)}
          id={`${id}-${place}`}
          role="option"
          tabIndex={-1}
          aria-selected={place === chosen}
          onMouseDown={(event) => {
            event.preventDefault();
            onTake(option);
          }}
          className={cx(
            "flex cursor-default items-baseline gap-2 rounded-md px-2 py-1.5 text-sm touch:py-2.5",
            place === chosen && "bg-hover",
          )}
        >
          {children(option)}
        </div>
      ))}
    </div>
  );
}

/** Where a list of options, and what is to be said with it, stands above the field. */
export function Above({ children }: { children: ReactNode }) {
  return (
    <div className="popup absolute inset-x-0 bottom-full z-20 mb-1.5 max-h-72 overflow-y-auto p-1">{children}</div>
  );
}
