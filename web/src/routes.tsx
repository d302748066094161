import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { explain } from "./api/http";
import { keys } from "./api/resources";
import { localPath } from "./auth/entered";
import { isByLink } from "./auth/fragment";
import { AuthFrame } from "./auth/frame";
import { SignIn } from "./auth/sign-in";
import type { Live } from "./live/live";
import { isOfMissing } from "./offline/parts";
import { whoIsHere } from "./offline/who";
import { GROUPS, MOST_TYPED, type OverviewSearch } from "./overview/search";
import type { ProjectTab } from "./projects/project";
import { readParams } from "./search/filters";
import { Splash } from "./shell/splash";
import { Button } from "./ui/button";
import { Failure } from "./ui/empty";
import { isDays, isMeasure, type UsageSearch } from "./usage/search";

interface Context {
  client: QueryClient;
  live: Live;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search.next === "string" ? { next: search.next } : {},
  beforeLoad: ({ context, search }) => mayStillSignIn(context, search.next),
  component: SignIn,
});
const register = createRoute({
  getParentRoute: () => root,
  path: "/register",
  component: lazyRouteComponent(() => import("./auth/register"), "Register"),
});
const invite = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  component: lazyRouteComponent(() => import("./auth/invite"), "Invite"),
});
const shared = createRoute({
  getParentRoute: () => root,
  path: "/shared",
  component: lazyRouteComponent(() => import("./share/shared"), "Shared"),
});
const device = createRoute({
  getParentRoute: () => root,
  path: "/device",
  beforeLoad: mustBeSignedIn,
  component: lazyRouteComponent(() => import("./auth/device"), "Device"),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: mustBeSignedIn,
  component: lazyRouteComponent(() => import("./shell/shell"), "Shell"),
});
const overview = createRoute({
  getParentRoute: () => shell,
  path: "/",
  validateSearch: (search: Record<string, unknown>): OverviewSearch => ({
    ...(isState(search.state) && { state: search.state }),
    ...(typeof search.project === "string" && { project: search.project }),
    ...(typeof search.agent === "string" && { agent: search.agent }),
    ...(search.text !== undefined && search.text !== "" && { text: String(search.text).slice(0, MOST_TYPED) }),
    ...(search.view === "machines" && { view: search.view }),
  }),
  component: lazyRouteComponent(() => import("./overview/overview"), "Overview"),
});
const session = createRoute({
  getParentRoute: () => shell,
  path: "/sessions/$sessionId",
  validateSearch: (search: Record<string, unknown>): { item?: number; request?: string } => ({
    ...(typeof search.item === "number" &&
      Number.isSafeInteger(search.item) &&
      search.item > 0 && { item: search.item }),
    ...(search.request !== undefined && { request: String(search.request) }),
  }),
  component: lazyRouteComponent(() => import("./session/view"), "SessionView"),
});
const search = createRoute({
  getParentRoute: () => shell,
  path: "/search",
  validateSearch: readParams,
  component: lazyRouteComponent(() => import("./search/search"), "Search"),
});
const inbox = createRoute({
  getParentRoute: () => shell,
  path: "/inbox",
  component: lazyRouteComponent(() => import("./inbox/inbox"), "Inbox"),
});
const usage = createRoute({
  getParentRoute: () => shell,
  path: "/usage",
  validateSearch: (search: Record<string, unknown>): UsageSearch => ({
    ...(isDays(search.days) && { days: search.days }),
    ...(isMeasure(search.measure) && { measure: search.measure }),
    ...(typeof search.project === "string" && { project: search.project }),
  }),
  component: lazyRouteComponent(() => import("./usage/usage"), "UsageView"),
});
const projects = createRoute({
  getParentRoute: () => shell,
  path: "/projects",
  component: lazyRouteComponent(() => import("./projects/list"), "ProjectList"),
});
const project = createRoute({
  getParentRoute: () => shell,
  path: "/projects/$projectId",
  validateSearch: (search: Record<string, unknown>): { tab?: ProjectTab } =>
    search.tab === "schedules" || search.tab === "people" || search.tab === "settings" ? { tab: search.tab } : {},
  component: lazyRouteComponent(() => import("./projects/project"), "ProjectView"),
});
const account = createRoute({
  getParentRoute: () => shell,
  path: "/account",
  component: lazyRouteComponent(() => import("./account/account"), "AccountView"),
});

const tree = root.addChildren([
  signIn,
  register,
  invite,
  shared,
  device,
  shell.addChildren([overview, search, inbox, usage, session, projects, project, account]),
]);

export function createPageRouter(client: QueryClient, live: Live) {
  return createRouter({
    routeTree: tree,
    context: { client, live },
    defaultPreload: "intent",
    defaultPendingComponent: Splash,
    defaultPendingMs: 400,
    defaultErrorComponent: Broken,
    scrollRestoration: false,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createPageRouter>;
  }
}

async function mustBeSignedIn({ context, location }: { context: Context; location: { href: string } }): Promise<void> {
  const me = await whoIsHere(context.client, context.live);
  if (me === null) throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { next: location.href } });
}

/** A page that begins at the sign-in goes on where this browser is signed in by now, by another tab perhaps. */
async function mayStillSignIn({ client, live }: Context, next: string | undefined): Promise<void> {
  const hasBegun = client.getQueryData(keys.me) !== undefined;
  if (hasBegun || isByLink()) return;
  const me = await whoIsHere(client, live).catch(() => null); // whoever cannot be asked shows that when one signs in
  if (me !== null) throw redirect({ to: localPath(next), replace: true });
}

function isState(value: unknown): value is NonNullable<OverviewSearch["state"]> {
  return value === "archived" || GROUPS.some((group) => group === value);
}

function NotFound() {
  return (
    <AuthFrame title="There is nothing at this address" lead="It may have been deleted, or mistyped.">
      <Button onClick={() => location.assign("/")}>Go to your sessions</Button>
    </AuthFrame>
  );
}

function Broken({ error, reset }: ErrorComponentProps) {
  if (isOfMissing(error))
    return (
      <Failure
        title="This part of the page is not here"
        message="This device has not kept it, and the server did not give it."
        action={<Button onClick={() => location.reload()}>Try again</Button>}
      />
    );
  return (
    <Failure title="This did not work" message={explain(error)} action={<Button onClick={reset}>Try again</Button>} />
  );
}
