import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, LogOut, Monitor, Moon, Sun, UserRound } from "lucide-react";
import { unsubscribeFromPush } from "../account/push";
import { auth, meQuery, serverQuery } from "../api/resources";
import { useLive } from "../live/hooks";
import { noteEntered } from "../live/person";
import { Menu, MenuChoice, MenuItem, MenuLine, MenuText } from "../ui/menu";
import { setTheme, type Theme, useTheme } from "../ui/theme";
import { attempt } from "../ui/toast";

const THEMES: readonly { value: Theme; label: string; icon: React.ReactNode }[] = [
  { value: "light", label: "Light", icon: <Sun aria-hidden /> },
  { value: "dark", label: "Dark", icon: <Moon aria-hidden /> },
  { value: "system", label: "System", icon: <Monitor aria-hidden /> },
];

/** Who is signed in, the theme, and the way out. */
export function UserMenu() {
  const { data: me } = useQuery(meQuery);
  const { data: server } = useQuery(serverQuery);
  const theme = useTheme();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const name = me?.username ?? "";
  return (
    <Menu
      align="start"
      side="top"
      trigger={
        <button
          type="button"
          className="flex h-10 min-w-0 flex-1 items-center gap-2.5 rounded-lg px-2 text-left text-sm hover:bg-hover data-popup-open:bg-hover"
        >
          <span
            aria-hidden
            className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-2xs font-semibold text-accent uppercase"
          >
            {name.slice(0, 1)}
          </span>
          <span className="min-w-0 flex-1 truncate font-medium">{name}</span>
          <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-ink-3" />
          <span className="sr-only">Account and theme</span>
        </button>
      }
    >
      <MenuItem icon={<UserRound aria-hidden />} onSelect={() => void navigate({ to: "/account" })}>
        Account
      </MenuItem>
      <MenuLine />
      <MenuChoice label="Theme" value={theme} options={THEMES} onChange={setTheme} />
      <MenuLine />
      <MenuItem icon={<LogOut aria-hidden />} needsServer onSelect={signOut}>
        Sign out
      </MenuItem>
      {server && <MenuText>ClaudiOS {server.version}</MenuText>}
    </Menu>
  );
}

/** Sign out and forget what was on the page. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  const live = useLive();
  const navigate = useNavigate();
  return async () => {
    // Nothing may still be asked as nobody: the browser would write each refusal to the console.
    live.socket.stop();
    await client.cancelQueries();
    if (!(await attempt("Signing out failed", auth.signOut))) return live.socket.start();
    void attempt("This browser did not give up its notifications", unsubscribeFromPush);
    noteEntered(null);
    await navigate({ to: "/sign-in" });
    live.leave();
    client.clear();
  };
}
