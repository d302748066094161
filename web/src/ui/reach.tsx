import { createContext, useContext } from "react";

const Reach = createContext(true);

/** Says to all that is inside whether the server can be asked. */
export const ReachProvider = Reach.Provider;

/** What a control that needs the server is to have: while the server cannot be asked, it is off and says why. */
export function useNeed(needsServer: boolean): { isOff: boolean; title?: string } {
  const isReached = useContext(Reach);
  return needsServer && !isReached ? { isOff: true, title: WHY } : { isOff: false };
}

const WHY = "This needs the server, which does not answer just now.";
