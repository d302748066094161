import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { type FormEvent, useState } from "react";
import { keys, me as meApi, meQuery } from "../api/resources";
import type { User } from "../api/types";
import { TopBar } from "../shell/shell";
import { useSignOut } from "../shell/user-menu";
import { useAction } from "../ui/action";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { useTitle } from "../ui/title";
import { tell } from "../ui/toast";
import { Devices } from "./devices";
import { Notifications } from "./notifications";
import { Tokens } from "./tokens";

/** One's own name, password, devices, tokens, and the way out. */
export function AccountView() {
  useTitle("Account");
  const { data: me } = useQuery(meQuery);
  const signOut = useSignOut();
  return (
    <>
      <TopBar title="Account">{me?.is_owner && <Badge title="You own this server">server owner</Badge>}</TopBar>
      <div className="thin-scroll min-h-0 flex-1 overflow-y-auto">
        {me && (
          <div className="mx-auto flex w-full max-w-3xl flex-col gap-10 px-3 py-6 md:px-5">
            <Username me={me} />
            <Password me={me} />
            <Notifications />
            <Devices />
            <Tokens />
            <section className="border-t border-line pt-6">
              <Button icon={<LogOut aria-hidden className="size-4" />} onClick={() => void signOut()}>
                Sign out
              </Button>
            </section>
          </div>
        )}
      </div>
    </>
  );
}

function Username({ me }: { me: User }) {
  const client = useQueryClient();
  const [username, setUsername] = useState(me.username);
  const action = useAction(["username"]);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const isDone = await action.run(async () => {
      client.setQueryData(keys.me, await meApi.change({ username: username.trim() }));
    });
    if (isDone) tell("Your username is changed.");
  };
  return (
    <form onSubmit={save} className="flex flex-col items-start gap-3">
      <Field
        label="Username"
        className="w-full max-w-sm"
        value={username}
        onChange={(event) => setUsername(event.target.value)}
        error={action.fieldError("username") ?? action.error}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
      />
      <Button type="submit" isBusy={action.isBusy} disabled={username.trim() === "" || username.trim() === me.username}>
        Change username
      </Button>
    </form>
  );
}

function Password({ me }: { me: User }) {
  const client = useQueryClient();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction(["password", "current_password"]);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const isDone = await action.run(async () => {
      const changes = { password, ...(me.has_password && { current_password: current }) };
      client.setQueryData(keys.me, await meApi.change(changes));
    });
    if (!isDone) return;
    setCurrent("");
    setPassword("");
    tell(me.has_password ? "Your password is changed." : "Your password is set.");
  };
  return (
    <form onSubmit={save} className="flex flex-col items-start gap-3">
      <div>
        <h2 className="text-sm font-semibold">Password</h2>
        {!me.has_password && (
          <p className="text-sm text-ink-2">
            You have none yet: you signed in by a link. Set one to sign in from other devices.
          </p>
        )}
      </div>
      <input type="hidden" name="username" autoComplete="username" value={me.username} readOnly />
      {me.has_password && (
        <Field
          label="Present password"
          type="password"
          className="w-full max-w-sm"
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
          error={action.fieldError("current_password")}
          autoComplete="current-password"
          required
        />
      )}
      <Field
        label="New password"
        type="password"
        className="w-full max-w-sm"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        error={action.fieldError("password") ?? action.error}
        autoComplete="new-password"
        required
      />
      <Button type="submit" isBusy={action.isBusy} disabled={password === ""}>
        {me.has_password ? "Change password" : "Set password"}
      </Button>
    </form>
  );
}
