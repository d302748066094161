import { Tabs } from "@base-ui/react/tabs";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import type { Session } from "../../api/types";
import { titleOf } from "../../sessions/status";
import { IconButton } from "../../ui/button";
import { Changes } from "../git/changes";
import { Files } from "./files";

export type MachineTab = "files" | "changes";

interface Tab {
  value: MachineTab;
  label: string;
  content: (session: Session) => ReactNode;
}

const TABS: readonly [Tab, ...Tab[]] = [
  { value: "files", label: "Files", content: (session) => <Files session={session} /> },
  { value: "changes", label: "Changes", content: (session) => <Changes session={session} /> },
];

/** What is on the session's machine, beside the session. */
export function MachinePanel({
  session,
  tab,
  onTab,
  onClose,
}: {
  session: Session;
  tab: MachineTab;
  onTab: (tab: MachineTab) => void;
  onClose: () => void;
}) {
  return (
    <section
      aria-label="Machine"
      className="flex min-w-0 flex-1 flex-col bg-canvas pb-[env(safe-area-inset-bottom)] md:border-l md:border-line xl:max-w-1/2"
    >
      <h1 className="flex h-12 shrink-0 items-center border-b border-line px-3 text-[0.9375rem] font-semibold md:hidden">
        <span className="truncate">Machine of {titleOf(session)}</span>
      </h1>
      <Tabs.Root value={tab} onValueChange={onTab} className="flex min-h-0 flex-1 flex-col">
        <div className="flex shrink-0 items-center gap-2 border-b border-line pr-3">
          <Tabs.List className="flex min-w-0 flex-1 gap-1 px-1">
            {TABS.map(({ value, label }) => (
              <Tabs.Tab
                key={value}
                value={value}
                className="relative h-10 px-2.5 text-sm text-ink-2 -outline-offset-4 hover:text-ink data-active:font-medium data-active:text-ink data-active:after:absolute data-active:after:inset-x-2 data-active:after:bottom-0 data-active:after:h-0.5 data-active:after:rounded-full data-active:after:bg-ink"
              >
                {label}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <IconButton label="Close files and changes" onClick={onClose}>
            <X aria-hidden />
          </IconButton>
        </div>
        {TABS.map(({ value, content }) => (
          <Tabs.Panel key={value} value={value} tabIndex={-1} className="flex min-h-0 flex-1 flex-col">
            {content(session)}
          </Tabs.Panel>
        ))}
      </Tabs.Root>
    </section>
  );
}
