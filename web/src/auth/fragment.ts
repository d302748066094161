/** Codes that arrive in the address's fragment, which never leaves the browser. They are taken out of it at once. */

const INVITATION = "claudios.invitation";
const SHARED = "claudios.shared";
const DEVICE = "claudios.device";

/** Take the code out of the address, so that neither the history nor a bookmark keeps it; null when there is none. */
export function takeCode(): string | null {
  const code = decodeURIComponent(location.hash.slice(1));
  if (code === "") return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  return code;
}

let arrived: string | null = null;

/** Run before anything else on the page: keep the code of a sign-in or invitation link, and clean the address. */
export function keepArrivedCode(): void {
  if (location.pathname === "/sign-in") arrived = takeCode();
  if (location.pathname === "/invitation") {
    const code = takeCode();
    if (code !== null) sessionStorage.setItem(INVITATION, code);
  }
  if (location.pathname === "/shared") {
    const code = takeCode();
    if (code !== null) sharedLink.keep(code);
  }
  if (location.pathname === "/device") {
    const code = takeCode();
    if (code !== null) deviceCode.keep(code);
  }
}

/** Whether one came by a sign-in link that is still to be followed. */
export const isByLink = (): boolean => arrived !== null;

/** The code of the sign-in link by which one came, once. */
export function arrivedCode(): string | null {
  const code = arrived;
  arrived = null;
  return code;
}

/** The code of an invitation, until it is used: it outlives the reload of a tab, and nothing more. */
export const invitation = {
  code: (): string | null => sessionStorage.getItem(INVITATION),
  forget: (): void => sessionStorage.removeItem(INVITATION),
};

/** The code of a link to a transcript, as long as the tab is open. */
export const sharedLink = {
  code: (): string | null => sessionStorage.getItem(SHARED),
  keep: (code: string): void => sessionStorage.setItem(SHARED, code),
};

/** The code by which a command line asks to be let in, until that is done: whoever has to sign in first keeps it. */
export const deviceCode = {
  code: (): string | null => sessionStorage.getItem(DEVICE),
  keep: (code: string): void => sessionStorage.setItem(DEVICE, code),
  forget: (): void => sessionStorage.removeItem(DEVICE),
};
