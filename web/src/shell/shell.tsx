import { Dialog } from "@base-ui/react/dialog";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { Folder, Inbox, LayoutList, Menu as MenuIcon, Plus, Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { keys, meQuery } from "../api/resources";
import { useWaitingCount, useWaitingTerminals } from "../inbox/waiting";
import { useConnection, useLive, usePendingRequests, useStanding } from "../live/hooks";
import { agentsInto, livingInto, requestsInto, sessionsInto } from "../live/queries";
import { useEndOfCopies } from "../offline/hooks";
import { PaletteButton, PaletteProvider } from "../palette/provider";
import { useSearchKey } from "../search/use-search-key";
import { askedFor } from "../session/requests/words";
import { StartSessionProvider, useStartSession } from "../sessions/start-session";
import { titleOf } from "../sessions/status";
import { useBackCloses } from "../ui/back";
import { cx } from "../ui/cx";
import { ReachProvider } from "../ui/reach";
import { useSwipeFromEdge, useSwipeToLeft } from "../ui/use-swipe";
import { useIsWide } from "../ui/wide";
import { useBeginAnewForAnother } from "./another-person";
import { useAppBadge } from "./badge";
import { ConnectionBanner, ConnectionPill } from "./connection";
import { Sidebar } from "./sidebar";

/** The frame around everything a signed-in person sees. */
export function Shell() {
  const live = useLive();
  const { data: me } = useQuery(meQuery);
  useEffect(() => live.socket.start(), [live]);
  useEffect(() => {
    if (!me) return;
    void live.unsent.begin(me.id);
    live.keeper.begin(me.id);
  }, [live, me]);
  useQuery(agentsInto(live.store));
  useQuery(livingInto(live.store));
  useQuery(sessionsInto(live.store, { is_ended: true, is_archived: false }));
  useQuery(requestsInto(live.store));
  useAppBadge();
  useRefreshOnReturn();
  useBeginAnewForAnother(me);
  useLeaveWhenSignedOut();
  useSearchKey();
  const { isCutOff } = useStanding();
  return (
    <ReachProvider value={!isCutOff}>
      <StartSessionProvider>
        <PaletteProvider>
          <a
            href="#main"
            className="sr-only z-60 rounded-lg bg-ink px-3 py-2 text-canvas focus:not-sr-only focus:fixed focus:top-[calc(0.5rem+env(safe-area-inset-top))] focus:left-[calc(0.5rem+env(safe-area-inset-left))]"
          >
            Skip to the content
          </a>
          <Announcements />
          {/* Words for screen readers alone stand outside of what scrolls: without an end here, the page would grow by them. */}
          <div className="relative flex h-dvh overflow-clip pt-[env(safe-area-inset-top)] pr-[env(safe-area-inset-right)] pl-[env(safe-area-inset-left)]">
            <aside className="hidden w-64 shrink-0 border-r border-line md:block">
              <Sidebar />
            </aside>
            <div className="flex min-w-0 flex-1 flex-col">
              <ConnectionBanner />
              <main id="main" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
                <Outlet />
              </main>
              <BottomBar />
            </div>
          </div>
        </PaletteProvider>
      </StartSessionProvider>
    </ReachProvider>
  );
}

/** The bar above a view: its name and what can be done in it; on a phone also the menu and the connection. */
export function TopBar({ title, children }: { title: React.ReactNode; children?: React.ReactNode }) {
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-canvas px-3 md:px-5">
      <Drawer />
      <h1 className="min-w-0 flex-1 truncate text-[0.9375rem] font-semibold">{title}</h1>
      {children}
      <span className="flex items-center gap-1 md:hidden">
        <PaletteButton />
        <ConnectionPill />
      </span>
    </header>
  );
}

/** The sidebar on a phone. It closes once one has gone somewhere. */
function Drawer() {
  const [isOpen, setOpen] = useState(false);
  const href = useRouterState({ select: (state) => state.location.href });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes whenever the address changes
  useEffect(() => setOpen(false), [href]);
  const isWide = useIsWide();
  useSwipeFromEdge(() => setOpen(true), !isOpen && !isWide);
  useSwipeToLeft(() => setOpen(false), isOpen);
  useBackCloses(isOpen, () => setOpen(false));
  return (
    <Dialog.Root open={isOpen} onOpenChange={setOpen}>
      <Dialog.Trigger
        aria-label="Open the menu"
        className="-ml-1 flex size-10 items-center justify-center rounded-lg text-ink-2 hover:bg-hover md:hidden"
      >
        <MenuIcon aria-hidden className="size-5" />
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0 md:hidden" />
        <Dialog.Popup className="fixed inset-y-0 left-0 z-40 w-[min(calc(19rem+env(safe-area-inset-left)),85vw)] border-r border-line bg-sunken pt-[env(safe-area-inset-top)] pb-[env(safe-area-inset-bottom)] pl-[env(safe-area-inset-left)] shadow-float outline-none transition-transform duration-150 data-ending-style:-translate-x-full data-starting-style:-translate-x-full md:hidden">
          <Dialog.Title className="sr-only">Menu</Dialog.Title>
          <Sidebar />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

const TAB =
  "flex flex-1 flex-col items-center justify-center gap-0.5 text-2xs font-medium text-ink-2 aria-[current=page]:text-ink [&_svg]:size-5";

function BottomBar() {
  const start = useStartSession();
  const waiting = useWaitingCount();
  const isReading = useRouterState({ select: (state) => state.location.pathname.startsWith("/sessions/") });
  return (
    <nav
      aria-label="Main, at the bottom"
      className={cx(
        "h-[calc(3.5rem+env(safe-area-inset-bottom))] shrink-0 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden",
        isReading ? "hidden" : "flex",
      )}
    >
      <Link to="/" search={{}} activeOptions={{ exact: true, includeSearch: false }} className={TAB}>
        <LayoutList aria-hidden />
        Overview
      </Link>
      <Link to="/inbox" className={TAB}>
        <span className="relative">
          <Inbox aria-hidden />
          {waiting > 0 && (
            <span className="absolute -top-1.5 left-3 rounded-full bg-warn-soft px-1 text-2xs leading-4 font-semibold text-warn">
              {waiting}
              <span className="sr-only"> waiting for you: </span>
            </span>
          )}
        </span>
        Inbox
      </Link>
      <button type="button" onClick={() => start({})} className={TAB}>
        <Plus aria-hidden />
        New session
      </button>
      <Link to="/search" search={{}} activeOptions={{ includeSearch: false }} className={TAB}>
        <Search aria-hidden />
        Search
      </Link>
      <Link to="/projects" className={TAB}>
        <Folder aria-hidden />
        Projects
      </Link>
    </nav>
  );
}

/** Tell a screen reader when something begins to wait for a person, wherever on the page one is. */
function Announcements() {
  const pending = usePendingRequests();
  const newest = pending.at(-1);
  const terminal = useWaitingTerminals().at(-1);
  return (
    <>
      <p role="status" className="sr-only">
        {newest && `${newest.session_title || "A session"} waits for you: ${askedFor(newest)}`}
      </p>
      <p role="status" className="sr-only">
        {terminal && `${titleOf(terminal)} waits for you in its terminal.`}
      </p>
    </>
  );
}

/** Ask again for what live messages may have missed, once they are followed; after a break, who is signed in. */
function useRefreshOnReturn(): void {
  const client = useQueryClient();
  const connection = useConnection();
  const attempts = connection.state === "waiting" ? connection.attempts : 0;
  const isFollowing = connection.state === "live" && connection.isFollowing;
  const endCopies = useRef(useEndOfCopies());
  useEffect(() => {
    if (attempts === 1) void client.invalidateQueries({ queryKey: meQuery.queryKey });
  }, [attempts, client]);
  useEffect(() => {
    if (!isFollowing) return;
    const old = [keys.me, keys.sessions, keys.agents, keys.requests, keys.projects];
    endCopies.current(Promise.all(old.map((queryKey) => client.invalidateQueries({ queryKey }))));
  }, [isFollowing, client]);
}

/** Somebody's session can end elsewhere: say so by asking to sign in, and come back here afterwards. */
function useLeaveWhenSignedOut(): void {
  const { data: me } = useQuery(meQuery);
  const live = useLive();
  const navigate = useNavigate();
  const here = useRef("");
  here.current = useRouterState({ select: (state) => state.location.href });
  useEffect(() => {
    if (me !== null) return;
    live.leave();
    void navigate({ to: "/sign-in", search: { next: here.current } }); // once: the address changes before this view goes
  }, [me, live, navigate]);
}
