import { type KeyboardEvent, useState } from "react";
import type { Offers } from "../api/types";
import { visible } from "../ui/visible";
import { Above, type Completion, fieldOf, OptionList } from "./options";

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
  const list = isOpen && (
    <Above>
      <OptionList
        id={id}
        label="Slash commands"
        options={found}
        keyOf={({ name }) => name}
        chosen={chosen}
        onTake={take}
      >
        {(command) => (
          <>
            <span className="shrink-0 font-mono text-xs">/{visible(command.name)}</span>
            {command.argument_hint && (
              <span className="shrink-0 font-mono text-2xs text-ink-3">{visible(command.argument_hint)}</span>
            )}
            <span className="truncate text-xs text-ink-3">{visible(command.description)}</span>
          </>
        )}
      </OptionList>
    </Above>
  );
  return { field: fieldOf(id, isOpen, chosen), list, onKeyDown };
}
