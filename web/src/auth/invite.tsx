import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { auth, meQuery, projects } from "../api/resources";
import { useAction } from "../ui/action";
import { Button, buttonClass } from "../ui/button";
import { useTitle } from "../ui/title";
import { AccountForm } from "./account-form";
import { useEnter } from "./entered";
import { invitation, takeCode } from "./fragment";
import { AuthFrame } from "./frame";

/** Accept an invitation: with the account one has, or with a new one. */
export function Invite() {
  useTitle("Invitation");
  const code = useInvitationCode();
  const { data: me, isPending } = useQuery(meQuery);
  const enter = useEnter();
  const action = useAction();
  if (code === null)
    return (
      <AuthFrame title="No invitation here" lead="Open the link you were sent once more, in full.">
        <Link to="/" className={buttonClass()}>
          Go to the start
        </Link>
      </AuthFrame>
    );
  if (isPending) return <AuthFrame title="Invitation">{null}</AuthFrame>;
  if (me)
    return (
      <AuthFrame title="You are invited" lead={`Join the project as ${me.username}.`}>
        {action.error && (
          <p role="alert" className="mb-4 rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
            {action.error}
          </p>
        )}
        <Button
          look="primary"
          isBusy={action.isBusy}
          onClick={() =>
            void action.run(async () => {
              const project = await projects.acceptInvitation(code);
              invitation.forget();
              await enter(me, `/projects/${project.id}`);
            })
          }
        >
          Join the project
        </Button>
      </AuthFrame>
    );
  return (
    <AuthFrame title="You are invited" lead="Create your account to join the project.">
      <AccountForm
        action="Create account and join"
        isNew
        onSubmit={async (account) => {
          const user = await auth.register({ ...account, invitation: code });
          invitation.forget();
          await enter(user);
        }}
      />
      <p className="mt-5 text-sm text-ink-2">
        Have an account?{" "}
        <Link
          to="/sign-in"
          search={{ next: "/invitation" }}
          className="font-medium text-accent underline underline-offset-2"
        >
          Sign in first
        </Link>
      </p>
    </AuthFrame>
  );
}

function useInvitationCode(): string | null {
  const [code, setCode] = useState(invitation.code);
  useEffect(() => {
    const another = () => setCode((known) => takeCode() ?? known);
    window.addEventListener("hashchange", another);
    return () => window.removeEventListener("hashchange", another);
  }, []);
  return code;
}
