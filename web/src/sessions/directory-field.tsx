import { Autocomplete } from "@base-ui/react/autocomplete";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { recentDirectoriesQuery } from "../api/resources";
import type { Agent } from "../api/types";
import { cx } from "../ui/cx";
import { inputClass, Labelled } from "../ui/field";
import { visible } from "../ui/visible";

interface Group {
  title: string;
  items: string[];
}

interface DirectoryFieldProps {
  /** Whose directories are offered; null: none are. */
  agent: Agent | null;
  value: string;
  onChange: (directory: string) => void;
  error?: string | undefined;
}

/** A directory on an agent's machine: typed, or chosen from those used last and those its machine allows. */
export function DirectoryField({ agent, value, onChange, error }: DirectoryFieldProps) {
  const id = useId();
  const { data: recent = [] } = useQuery({ ...recentDirectoriesQuery(agent?.id ?? ""), enabled: agent !== null });
  const [isTyped, setTyped] = useState(false); // what stands there when the list opens does not narrow it
  const groups = offered(
    recent.map(({ directory }) => directory),
    agent?.machine?.directories ?? [],
    isTyped ? value : "",
  );
  return (
    <Labelled id={id} label="Directory" error={error}>
      <Autocomplete.Root
        items={groups}
        filter={null}
        value={value}
        onValueChange={(next, { reason }) => {
          setTyped(reason === "input-change");
          onChange(next);
        }}
        onOpenChange={(isOpen) => !isOpen && setTyped(false)}
        openOnInputClick
      >
        <Autocomplete.Input
          id={id}
          placeholder={
            agent === null ? "Chosen when one starts" : (agent.machine?.default_directory ?? "Where the agent runs")
          }
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          aria-invalid={error !== undefined || undefined}
          aria-describedby={error === undefined ? undefined : `${id}-error`}
          className={cx(inputClass, "h-9 touch:h-11")}
        />
        <Autocomplete.Portal>
          <Autocomplete.Positioner className="z-50 outline-none data-empty:hidden" sideOffset={4} align="start">
            <Autocomplete.Popup className="popup min-w-(--anchor-width) max-w-[min(32rem,calc(100vw-1.5rem))] data-empty:hidden">
              <Autocomplete.List
                aria-label="Directories"
                className="thin-scroll max-h-[min(18rem,var(--available-height))] overflow-y-auto overscroll-contain p-1"
              >
                {(group: Group) => (
                  <Autocomplete.Group key={group.title} items={group.items}>
                    <Autocomplete.GroupLabel className="px-2 pt-1.5 pb-1 text-2xs font-medium text-ink-3 select-none">
                      {group.title}
                    </Autocomplete.GroupLabel>
                    <Autocomplete.Collection>
                      {(directory: string) => (
                        <Autocomplete.Item
                          key={directory}
                          value={directory}
                          className="flex min-h-8 cursor-default items-center rounded-md px-2 text-sm outline-none select-none data-highlighted:bg-hover touch:min-h-11"
                        >
                          <span className="min-w-0 py-1 font-mono text-xs [overflow-wrap:anywhere] [unicode-bidi:plaintext]">
                            {visible(directory)}
                          </span>
                        </Autocomplete.Item>
                      )}
                    </Autocomplete.Collection>
                  </Autocomplete.Group>
                )}
              </Autocomplete.List>
            </Autocomplete.Popup>
          </Autocomplete.Positioner>
        </Autocomplete.Portal>
      </Autocomplete.Root>
    </Labelled>
  );
}

/** What is offered: each directory once, and those alone that have what was typed in them. */
export function offered(recent: readonly string[], allowed: readonly string[], typed: string): Group[] {
  const wanted = typed.trim().toLowerCase();
  const fitting = (directory: string) => directory.toLowerCase().includes(wanted) && directory !== typed;
  return [
    { title: "Used before", items: recent.filter(fitting) },
    { title: "Allowed here", items: allowed.filter((directory) => !recent.includes(directory)).filter(fitting) },
  ].filter(({ items }) => items.length > 0);
}
