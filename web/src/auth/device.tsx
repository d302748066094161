import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import { useEffect, useState } from "react";
import { explain } from "../api/http";
import { auth, meQuery } from "../api/resources";
import { useAction } from "../ui/action";
import { Button, buttonClass } from "../ui/button";
import { Field } from "../ui/field";
import { Ago } from "../ui/time";
import { useTitle } from "../ui/title";
import { deviceCode, takeCode } from "./fragment";
import { AuthFrame } from "./frame";

/** Let a command line in that asked for it with `claudios login`, by the code of its link or one that is typed. */
export function Device() {
  useTitle("Sign in a command line");
  const [code, setCode] = useState(deviceCode.code);
  useEffect(() => {
    const another = () => setCode((known) => takeCode() ?? known);
    window.addEventListener("hashchange", another);
    return () => window.removeEventListener("hashchange", another);
  }, []);
  return code === null ? <CodeForm onCode={setCode} /> : <Approval key={code} code={code} />;
}

function CodeForm({ onCode }: { onCode: (code: string) => void }) {
  const [typed, setTyped] = useState("");
  const code = typed.trim().toUpperCase();
  return (
    <AuthFrame title="Sign in a command line" lead="Type the code that claudios login shows.">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (code !== "") onCode(code);
        }}
      >
        <Field
          label="Code"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          autoCapitalize="characters"
          autoComplete="off"
          spellCheck={false}
          required
        />
        <Button type="submit" look="primary" className="h-9">
          Go on
        </Button>
      </form>
    </AuthFrame>
  );
}

function Approval({ code }: { code: string }) {
  const { data: me } = useQuery(meQuery);
  const {
    data: login,
    error,
    isPending,
  } = useQuery({
    queryKey: ["device", code],
    queryFn: () => auth.device(code),
    retry: false,
  });
  const [isApproved, setApproved] = useState(false);
  const action = useAction();
  if (isApproved)
    return (
      <AuthFrame title="The command line is signed in" lead="You can close this page.">
        <p role="status" className="mb-5 flex items-center gap-2 text-sm text-ok">
          <CircleCheck aria-hidden className="size-4" /> Approved as {me?.username}
        </p>
        <Link to="/" className={buttonClass()}>
          Go to your sessions
        </Link>
      </AuthFrame>
    );
  if (error !== null)
    return (
      <AuthFrame title="This code does not work" lead={explain(error)}>
        <p className="mb-5 text-sm text-ink-2">
          Run <code className="font-mono">claudios login</code> again and open the address it prints.
        </p>
        <Link to="/" onClick={deviceCode.forget} className={buttonClass()}>
          Go to the start
        </Link>
      </AuthFrame>
    );
  return (
    <AuthFrame
      title="Sign in a command line?"
      lead={`It will act as ${me?.username ?? "you"}. Approve only if you have just run claudios login yourself and it shows this very code.`}
    >
      <p className="mb-5 rounded-xl border border-line bg-sunken py-5 text-center font-mono text-2xl font-semibold tracking-[0.18em]">
        {code}
      </p>
      {login && (
        <p className="mb-5 text-sm text-ink-3">
          Asked for from {login.address}, <Ago ms={login.created_ms} inWords />.
        </p>
      )}
      {action.error && (
        <p role="alert" className="mb-4 rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
          {action.error}
        </p>
      )}
      <div className="flex gap-2">
        <Button
          look="primary"
          isBusy={action.isBusy || isPending}
          onClick={async () => {
            if (!(await action.run(() => auth.approveDevice(code)))) return;
            deviceCode.forget();
            setApproved(true);
          }}
        >
          Approve
        </Button>
        <Link to="/" onClick={deviceCode.forget} className={buttonClass()}>
          Cancel
        </Link>
      </div>
    </AuthFrame>
  );
}
