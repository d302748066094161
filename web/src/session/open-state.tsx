import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

const OpenContext = createContext<Map<string, boolean>>(new Map());

/** Remembers what is unfolded, since rows out of sight are not kept. */
export function OpenStates({ children }: { children: ReactNode }) {
  const [states] = useState(() => new Map<string, boolean>());
  return <OpenContext value={states}>{children}</OpenContext>;
}

/** Have something be unfolded when it is drawn next. */
export function useUnfold(): (key: string) => void {
  const states = useContext(OpenContext);
  return useCallback((key) => void states.set(key, true), [states]);
}

export function useOpen(key: string, initially = false): [boolean, () => void] {
  const states = useContext(OpenContext);
  const [isOpen, setOpen] = useState(() => states.get(key) ?? initially);
  const toggle = () => {
    states.set(key, !isOpen);
    setOpen(!isOpen);
  };
  return [isOpen, toggle];
}
