import { type FormEvent, type ReactNode, useState } from "react";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Field } from "../ui/field";

interface AccountFormProps {
  action: string;
  isNew: boolean;
  onSubmit: (account: { username: string; password: string }) => Promise<unknown>;
  children?: ReactNode;
}

/** A username and a password, to sign in or to begin an account with. */
export function AccountForm({ action, isNew, onSubmit, children }: AccountFormProps) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const state = useAction(["username", "password"]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    await state.run(() => onSubmit({ username: username.trim(), password }));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field
        label="Username"
        name="username"
        value={username}
        onChange={(event) => setUsername(event.target.value)}
        error={state.fieldError("username")}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
      />
      <Field
        label="Password"
        name="password"
        type="password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        error={state.fieldError("password")}
        hint={isNew ? "Long beats complicated: a few words are fine." : undefined}
        autoComplete={isNew ? "new-password" : "current-password"}
        required
      />
      {state.error && (
        <p role="alert" className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
          {state.error}
        </p>
      )}
      <Button type="submit" look="primary" isBusy={state.isBusy} className="h-9">
        {action}
      </Button>
      {children}
    </form>
  );
}
