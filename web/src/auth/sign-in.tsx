import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { explain } from "../api/http";
import { auth, serverQuery } from "../api/resources";
import { buttonClass } from "../ui/button";
import { cx } from "../ui/cx";
import { useTitle } from "../ui/title";
import { AccountForm } from "./account-form";
import { useEnter } from "./entered";
import { arrivedCode, takeCode } from "./fragment";
import { AuthFrame } from "./frame";

const route = getRouteApi("/sign-in");

export function SignIn() {
  useTitle("Sign in");
  const { next } = route.useSearch();
  const { data: server } = useQuery(serverQuery);
  const enter = useEnter();
  const link = useSignInLink(next);
  if (link.state === "following")
    return (
      <AuthFrame title="Signing in" lead="Your link is being checked.">
        <div className="skeleton h-9" />
      </AuthFrame>
    );
  return (
    <AuthFrame
      title={server?.registration === "first" ? "Welcome" : "Sign in"}
      lead={server?.registration === "first" ? "This server has no account yet. The first one owns it." : undefined}
    >
      {link.state === "refused" && (
        <p role="alert" className="mb-5 rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
          {link.message} A sign-in link works once and not for long; <code className="font-mono">claudios up</code>{" "}
          prints a new one.
        </p>
      )}
      {server?.registration === "first" ? (
        <Link to="/register" className={cx(buttonClass("primary"), "w-full")}>
          Create the first account
        </Link>
      ) : (
        <AccountForm
          action="Sign in"
          isNew={false}
          onSubmit={async (account) => enter(await auth.signIn(account), next)}
        />
      )}
      {server?.registration === "open" && (
        <p className="mt-5 text-sm text-ink-2">
          No account yet?{" "}
          <Link to="/register" className="font-medium text-accent underline underline-offset-2">
            Create one
          </Link>
        </p>
      )}
      {server?.registration === "invitation" && (
        <p className="mt-5 text-sm text-ink-3">New here? An owner of a project can send you an invitation link.</p>
      )}
    </AuthFrame>
  );
}

type FollowedLink = { state: "none" } | { state: "following" } | { state: "refused"; message: string };

/** Follow the single-use link by which one came, now or while this very page is open. */
function useSignInLink(next: string | undefined): FollowedLink {
  const enter = useRef(useEnter());
  const [link, setLink] = useState<FollowedLink>({ state: "none" });
  useEffect(() => {
    const follow = async (code: string | null) => {
      if (code === null) return;
      setLink({ state: "following" });
      try {
        await enter.current(await auth.followLink(code), next);
      } catch (failure) {
        setLink({ state: "refused", message: explain(failure) });
      }
    };
    const followAnother = () => void follow(takeCode());
    void follow(arrivedCode());
    window.addEventListener("hashchange", followAnother);
    return () => window.removeEventListener("hashchange", followAnother);
  }, [next]);
  return link;
}
