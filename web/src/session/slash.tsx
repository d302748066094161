import { type KeyboardEvent, type ReactNode, useState } from "react";
import type { Offers } from "../api/types";
import { cx } from "../ui/cx";
import { visible } from "../ui/visible";

const MOST_SHOWN = 8;

type Command = Offers["commands"][number];

/** The commands that what is typed so far may become: those that begin so, then those that contain it. */
export function matching(draft: string, commands: readonly Command[]): readonly Command[] {
  const typed = /^\/(\S*)$/.exec(draft)?.[1]?.toLowerCase();
  if (typed === undefined) return [];
  const ranked = commands.filter(({ name }) => name.toLowerCase().includes(typed));
  const begins = ({ name }: Command) => (name.toLowerCase().startsWith(typed) ? 0 : 1);
  return [...ranked].sort((one, other) => begins(one) - begins(other)).slice(0, MOST_SHOWN);
}

interface Completion {
  /** What the text field says of the list; `isOpen` is whether there is one. */
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

/** Complete slash commands from what Claude reports: arrows choose, Tab or Enter take, Esc closes. */
export function useSlashCommands(
  draft: string,
  commands: readonly Command[],
  id: string,
  put: (draft: string) => void,
): Completion {
  const found = matching(draft, commands);
  const [at, setAt] = useState(0);
  const [closedFor, setClosedFor] = useState<string | null>(null);
  const isWhole = found.length === 1 && draft === `/${found[0]?.name}`;
  const isOpen = found.length > 0 && closedFor !== draft && !isWhole;
  const chosen = Math.min(at, found.length - 1);
  const take = (command: Command | undefined) => {
    if (command !== undefined) put(`/${command.name} `);
    setAt(0);
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (!isOpen || event.nativeEvent.isComposing) return false;
    if (event.key === "ArrowDown") setAt((chosen + 1) % found.length);
    else if (event.key === "ArrowUp") setAt((chosen + found.length - 1) % found.length);
    else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) take(found[chosen]);
    else if (event.key === "Escape") setClosedFor(draft);
    else return false;
    event.preventDefault();
    return true;
  };
  const option = (place: number) => `${id}-${place}`;
  const list = isOpen && (
    <div
      role="listbox"
      id={id}
      aria-label="Slash commands"
      className="popup absolute inset-x-0 bottom-full z-20 mb-1.5 max-h-72 overflow-y-auto p-1"
    >
      {found.map((command, place) => (
        <div
          key={command.name}
          id={option(place)}
          role="option"
          tabIndex={-1}
          aria-selected={place === chosen}
          onMouseDown={(event) => {
            event.preventDefault();
            take(command);
          }}
          className={cx(
            "flex cursor-default items-baseline gap-2 rounded-md px-2 py-1.5 text-sm touch:py-2.5",
            place === chosen && "bg-hover",
          )}
        >
          <span className="shrink-0 font-mono text-xs">/{visible(command.name)}</span>
          {command.argument_hint && (
            <span className="shrink-0 font-mono text-2xs text-ink-3">{visible(command.argument_hint)}</span>
          )}
          <span className="truncate text-xs text-ink-3">{visible(command.description)}</span>
        </div>
      ))}
    </div>
  );
  const field = {
    "aria-autocomplete": "list",
    "aria-haspopup": "listbox",
    ...(isOpen && { "aria-controls": id, "aria-activedescendant": option(chosen) }),
  } as const;
  return { field, list, onKeyDown };
}
