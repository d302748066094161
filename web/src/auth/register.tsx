import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { auth, serverQuery } from "../api/resources";
import { useTitle } from "../ui/title";
import { AccountForm } from "./account-form";
import { useEnter } from "./entered";
import { AuthFrame } from "./frame";

const LEADS = {
  first: "The first account owns this server and decides who else may use it.",
  open: "Anyone who reaches this server may have an account.",
  invitation: "This server takes new accounts by invitation only. Ask an owner of a project for a link.",
};

export function Register() {
  useTitle("Create an account");
  const { data: server } = useQuery(serverQuery);
  const enter = useEnter();
  return (
    <AuthFrame
      title={server?.registration === "first" ? "Create the first account" : "Create an account"}
      lead={server && LEADS[server.registration]}
    >
      {server && server.registration !== "invitation" && (
        <AccountForm action="Create account" isNew onSubmit={async (account) => enter(await auth.register(account))} />
      )}
      {server?.registration !== "first" && (
        <p className="mt-5 text-sm text-ink-2">
          Have an account?{" "}
          <Link to="/sign-in" className="font-medium text-accent underline underline-offset-2">
            Sign in
          </Link>
        </p>
      )}
    </AuthFrame>
  );
}
