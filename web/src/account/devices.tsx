import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Laptop, QrCode, Smartphone } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { keys, loginsQuery, me } from "../api/resources";
import type { Login } from "../api/types";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Confirm, Dialog, DialogBody } from "../ui/dialog";
import { Skeleton } from "../ui/empty";
import { Ago } from "../ui/time";
import { deviceName } from "./device-name";

const SignInCode = lazy(async () => ({ default: (await import("./sign-in-code")).SignInCode }));

/** Where one is signed in, the way out of each, and the way in for a phone. */
export function Devices() {
  const { data: logins } = useQuery(loginsQuery);
  const client = useQueryClient();
  const [isShowing, setShowing] = useState(false);
  const [ending, setEnding] = useState<Login | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: keys.logins });
  return (
    <section>
      <div className="mb-3 flex items-start gap-3">
        <div className="flex-1">
          <h2 className="text-sm font-semibold">Signed-in devices</h2>
          <p className="text-sm text-ink-2">A device that is not used for 30 days is signed out by itself.</p>
        </div>
        <Button icon={<QrCode aria-hidden className="size-4" />} onClick={() => setShowing(true)}>
          Sign in a phone
        </Button>
      </div>
      <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
        {logins?.map((login) => (
          <li key={login.id} className="flex items-center gap-3 px-4 py-2.5">
            <span className="text-ink-3 [&_svg]:size-4">
              {/iPhone|Android/.test(login.device ?? "") ? <Smartphone aria-hidden /> : <Laptop aria-hidden />}
            </span>
            <span className="min-w-0 flex-1">
              <span className="flex items-center gap-2">
                <span className="truncate font-medium" title={login.device ?? undefined}>
                  {deviceName(login.device)}
                </span>
                {login.is_this && <Badge tone="ok">this device</Badge>}
              </span>
              <span className="block truncate text-xs text-ink-3">
                signed in <Ago ms={login.created_ms} inWords />
                {login.address !== null && ` from ${login.address}`} · last used <Ago ms={login.used_ms} inWords />
              </span>
            </span>
            {!login.is_this && (
              <Button
                size="small"
                look="danger"
                aria-label={`Sign out ${deviceName(login.device)}`}
                onClick={() => setEnding(login)}
              >
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Dialog
        title="Sign in a phone"
        description="Point its camera at the code. It signs in as you, once."
        isOpen={isShowing}
        onClose={() => {
          setShowing(false);
          void refresh();
        }}
      >
        <DialogBody>
          <Suspense fallback={<Skeleton />}>
            <SignInCode />
          </Suspense>
        </DialogBody>
      </Dialog>
      <Confirm
        title={`Sign out ${deviceName(ending?.device ?? null)}?`}
        action="Sign out"
        isOpen={ending !== null}
        onClose={() => setEnding(null)}
        onConfirm={async () => {
          if (ending) await me.endLogin(ending.id);
          await refresh();
        }}
      >
        Whoever uses it has to sign in again. Prompts it has not sent stay there.
      </Confirm>
    </section>
  );
}
