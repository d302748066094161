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
import { meQuery } from "./api/resources";
import { Device } from "./auth/device";
import { Invite } from "./auth/invite";
import { Register } from "./auth/register";
import { SignIn } from "./auth/sign-in";
import type { ProjectTab } from "./projects/project";
import type { ListSearch } from "./sessions/list";
import { Splash } from "./shell/splash";
import { Button } from "./ui/button";
import { Failure } from "./ui/empty";

interface Context {
  client: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search.next === "string" ? { next: search.next } : {},
  component: SignIn,
});
const register = createRoute({ getParentRoute: () => root, path: "/register", component: Register });
const invite = createRoute({ getParentRoute: () => root, path: "/invitation", component: Invite });
const device = createRoute({
  getParentRoute: () => root,
  path: "/device/$code",
  beforeLoad: mustBeSignedIn,
  component: Device,
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: mustBeSignedIn,
  component: lazyRouteComponent(() => import("./shell/shell"), "Shell"),
});
const list = createRoute({
  getParentRoute: () => shell,
  path: "/",
  validateSearch: (search: Record<string, unknown>): ListSearch => ({
    ...(isListState(search.state) && { state: search.state }),
    ...(typeof search.project === "string" && { project: search.project }),
    ...(typeof search.agent === "string" && { agent: search.agent }),
  }),
  component: lazyRouteComponent(() => import("./sessions/list"), "SessionList"),
});
const session = createRoute({
  getParentRoute: () => shell,
  path: "/sessions/$sessionId",
  component: lazyRouteComponent(() => import("./session/view"), "SessionView"),
});
const inbox = createRoute({
  getParentRoute: () => shell,
  path: "/inbox",
  component: lazyRouteComponent(() => import("./inbox/inbox"), "Inbox"),
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
    search.tab === "people" || search.tab === "settings" ? { tab: search.tab } : {},
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
  device,
  shell.addChildren([list, inbox, session, projects, project, account]),
]);

export function createPageRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
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
  const me = await context.client.ensureQueryData(meQuery);
  if (me === null) throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { next: location.href } });
}

function isListState(value: unknown): value is NonNullable<ListSearch["state"]> {
  return value === "waiting" || value === "active" || value === "ended";
}

function NotFound() {
  return (
    <Failure
      title="There is nothing at this address"
      message="It may have been deleted, or mistyped."
      action={<Button onClick={() => location.assign("/")}>Go to your sessions</Button>}
    />
  );
}

function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <Failure title="This did not work" message={explain(error)} action={<Button onClick={reset}>Try again</Button>} />
  );
}
