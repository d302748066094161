import { createContext, lazy, type ReactNode, Suspense, useContext, useState } from "react";
import type { Template } from "../api/types";
import { Dialog } from "../ui/dialog";
import { Skeleton } from "../ui/empty";

const StartSessionForm = lazy(async () => ({ default: (await import("./start-session-form")).StartSessionForm }));

export interface Preset {
  projectId?: string;
  agentId?: string;
  prompt?: string;
  template?: Template;
  /** One has come here by typing, and goes on with that. */
  isTyping?: boolean;
}

const StartSessionContext = createContext<(preset: Preset) => void>(() => {});

/** Returns the function that opens the new-session dialog, from anywhere on the page. */
export function useStartSession(): (preset: Preset) => void {
  return useContext(StartSessionContext);
}

export function StartSessionProvider({ children }: { children: ReactNode }) {
  const [preset, setPreset] = useState<Preset | null>(null);
  const [lastPreset, setLastPreset] = useState<Preset>({});
  const open = (next: Preset) => {
    setLastPreset(next);
    setPreset(next);
  };
  return (
    <StartSessionContext value={open}>
      {children}
      <Dialog
        title="New session"
        description="One Claude, in one directory, on one of your machines."
        isOpen={preset !== null}
        onClose={() => setPreset(null)}
        isWide
      >
        <Suspense fallback={<Skeleton />}>
          <StartSessionForm preset={lastPreset} onDone={() => setPreset(null)} />
        </Suspense>
      </Dialog>
    </StartSessionContext>
  );
}
