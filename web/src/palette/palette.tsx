import { Autocomplete } from "@base-ui/react/autocomplete";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command, Compass, Folder, LayoutTemplate, Monitor, Plus, Search, SunMoon } from "lucide-react";
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";
import { projectsQuery, templatesQuery } from "../api/resources";
import { useWaitingCount } from "../inbox/waiting";
import { useAgents, useSessions } from "../live/hooks";
import { useStartSession } from "../sessions/start-session";
import { StatusDot } from "../sessions/status-dot";
import { setTheme } from "../ui/theme";
import { type Deed, type Entry, type EntryGroup, entriesFor } from "./entries";

interface PaletteProps {
  /** Returns what was typed before the field was there. */
  begun: () => string;
  /** Called before what was chosen is done. */
  onDone: () => void;
}

/** The field and the list of the palette. */
export function Palette({ begun, onDone }: PaletteProps) {
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  // React may render this well before it shows it: only now does the field take what is typed next.
  useLayoutEffect(() => {
    setTyped(begun());
    field.current?.focus();
  }, [begun]);
  const sessions = useSessions();
  const agents = useAgents();
  const waiting = useWaitingCount();
  const { data: projects = [] } = useQuery(projectsQuery);
  const { data: templates = [] } = useQuery(templatesQuery);
  const groups = useMemo(
    () => entriesFor(typed, { sessions, agents, projects, templates, waiting }),
    [typed, sessions, agents, projects, templates, waiting],
  );
  const perform = usePerform();
  const choose = ({ deed }: Entry) => {
    onDone();
    perform(deed);
  };
  return (
    <Autocomplete.Root
      open
      inline
      items={groups}
      filter={null}
      itemToStringValue={(entry: Entry) => entry.title}
      value={typed}
      onValueChange={(value, { reason }) => {
        if (reason !== "item-press") setTyped(value);
      }}
      autoHighlight="always"
      keepHighlight
    >
      <div className="flex shrink-0 items-center gap-2.5 border-b border-line px-4">
        <Command aria-hidden className="size-4 shrink-0 text-ink-3" />
        <Autocomplete.Input
          ref={field}
          aria-label="Go to, or start"
          placeholder="Go to a session, a machine … or say what Claude should do"
          spellCheck={false}
          autoCapitalize="none"
          className="h-12 w-full bg-transparent text-sm text-ink outline-none placeholder:text-ink-3"
        />
      </div>
      <div className="thin-scroll min-h-0 flex-1 scroll-py-1 overflow-y-auto overscroll-contain p-1.5">
        <Autocomplete.List>
          {(group: EntryGroup) => (
            <Autocomplete.Group key={group.title} items={group.items}>
              <Autocomplete.GroupLabel className="px-2.5 pt-2 pb-1 text-2xs font-medium text-ink-3 select-none">
                {group.title}
              </Autocomplete.GroupLabel>
              <Autocomplete.Collection>
                {(entry: Entry) => (
                  <Autocomplete.Item
                    key={entry.id}
                    value={entry}
                    onClick={() => choose(entry)}
                    className="flex min-h-9 cursor-default scroll-my-1 items-center gap-2.5 rounded-md px-2.5 text-sm outline-none select-none data-highlighted:bg-hover touch:min-h-11"
                  >
                    <span className="flex w-4 shrink-0 justify-center text-ink-3 [&_svg]:size-4">
                      <Mark deed={entry.deed} />
                    </span>
                    <span className="min-w-0 flex-1 truncate">{entry.title}</span>
                    <span className="max-w-1/2 truncate text-xs text-ink-3">{entry.detail}</span>
                  </Autocomplete.Item>
                )}
              </Autocomplete.Collection>
            </Autocomplete.Group>
          )}
        </Autocomplete.List>
      </div>
    </Autocomplete.Root>
  );
}

function Mark({ deed }: { deed: Deed }): ReactNode {
  switch (deed.type) {
    case "start":
      return deed.template === undefined ? <Plus aria-hidden /> : <LayoutTemplate aria-hidden />;
    case "session":
      return <StatusDot session={deed.session} isDecorative />;
    case "machine":
      return <Monitor aria-hidden />;
    case "project":
      return <Folder aria-hidden />;
    case "view":
      return <Compass aria-hidden />;
    case "search":
      return <Search aria-hidden />;
    case "theme":
      return <SunMoon aria-hidden />;
  }
}

function usePerform(): (deed: Deed) => void {
  const navigate = useNavigate();
  const start = useStartSession();
  return (deed) => {
    switch (deed.type) {
      case "start": {
        const { agent, prompt, template } = deed;
        if (template !== undefined) return start({ template, isTyping: true });
        const where = agent === undefined ? {} : { projectId: agent.project_id, agentId: agent.id };
        return start({ ...where, ...(prompt !== undefined && { prompt }), isTyping: true });
      }
      case "session":
        return void navigate({ to: "/sessions/$sessionId", params: { sessionId: deed.session.id } });
      case "machine":
        return void navigate({ to: "/", search: { agent: deed.agent.id } });
      case "project":
        return void navigate({ to: "/projects/$projectId", params: { projectId: deed.project.id } });
      case "view":
        return void navigate({ to: deed.to });
      case "search":
        return void navigate({ to: "/search", search: { q: deed.words } });
      case "theme":
        return setTheme(deed.theme);
    }
  };
}
