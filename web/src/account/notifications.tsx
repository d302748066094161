import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Bell, Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { channelsQuery, keys, notifications, notifiedQuery } from "../api/resources";
import type { Channel } from "../api/types";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Confirm, Dialog, DialogBody, DialogFooter } from "../ui/dialog";
import { Field } from "../ui/field";
import { Ago } from "../ui/time";
import { tell } from "../ui/toast";
import { NotificationChoices } from "./notification-choices";
import { NotifiedList } from "./notified";
import { pushEndpoint, pushObstacle, subscribeToPush, unsubscribeFromPush } from "./push";

/** How one is told of what happens while one looks elsewhere. */
export function Notifications() {
  const client = useQueryClient();
  const { data: channels } = useQuery(channelsQuery);
  const { data: endpoint } = useQuery({ queryKey: ["push endpoint"], queryFn: pushEndpoint });
  const { data: notified } = useQuery({ ...notifiedQuery, refetchInterval: 5_000 });
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Channel | null>(null);
  const action = useAction();
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: ["push endpoint"] });
    await client.invalidateQueries({ queryKey: keys.channels });
  };
  const subscribe = () =>
    action.run(async () => {
      await subscribeToPush();
      await refresh();
    });
  const isHere = endpoint != null && channels?.some(({ address }) => address === endpoint);
  const obstacle = pushObstacle();
  return (
    <section className="flex flex-col gap-3" aria-label="How you are told">
      <div>
        <h2 className="text-sm font-semibold">Notifications</h2>
        <p className="text-sm text-ink-2">
          When a session waits for you, finishes or fails while you do not have it before you on any device.
        </p>
      </div>
      {channels !== undefined && channels.length > 0 && (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
          {channels.map((channel) => (
            <ChannelRow
              key={channel.id}
              channel={channel}
              isHere={channel.address === endpoint}
              onTested={() => client.invalidateQueries({ queryKey: keys.notified })}
              onRemove={() => setRemoving(channel)}
            />
          ))}
        </ul>
      )}
      <div className="flex flex-wrap items-center gap-2">
        {!isHere && (
          <Button
            icon={<Bell aria-hidden className="size-4" />}
            isBusy={action.isBusy}
            disabled={obstacle !== undefined}
            onClick={() => void subscribe()}
          >
            Notify this browser
          </Button>
        )}
        <Button icon={<Plus aria-hidden className="size-4" />} onClick={() => setAdding(true)}>
          Add ntfy topic
        </Button>
      </div>
      {!isHere && obstacle !== undefined && <p className="text-xs text-ink-3">{obstacle}</p>}
      {action.error !== undefined && (
        <p role="alert" className="text-xs text-bad">
          {action.error}
        </p>
      )}
      {channels !== undefined && channels.length > 0 && <NotificationChoices />}
      {notified !== undefined && notified.length > 0 && (
        <details className="text-sm">
          <summary className="cursor-default text-ink-2 hover:text-ink">What was sent lately</summary>
          <NotifiedList notified={notified} />
        </details>
      )}
      <Dialog
        title="Add ntfy topic"
        description="Of ntfy.sh or of a server of your own. Whoever knows a topic of ntfy.sh can read it: choose a name that nobody guesses."
        isOpen={isAdding}
        onClose={() => setAdding(false)}
      >
        <NtfyForm onClose={() => setAdding(false)} onAdded={refresh} />
      </Dialog>
      <Confirm
        title={`Remove ${removing?.name ?? ""}?`}
        action="Remove"
        isOpen={removing !== null}
        onClose={() => setRemoving(null)}
        onConfirm={async () => {
          if (removing === null) return;
          await notifications.removeChannel(removing.id);
          if (removing.address === endpoint) await unsubscribeFromPush();
          await refresh();
        }}
      >
        You are told nothing there any more.
      </Confirm>
    </section>
  );
}

interface ChannelRowProps {
  channel: Channel;
  isHere: boolean;
  onTested: () => unknown;
  onRemove: () => void;
}

function ChannelRow({ channel, isHere, onTested, onRemove }: ChannelRowProps) {
  const action = useAction();
  const test = async () => {
    if (!(await action.run(() => notifications.testChannel(channel.id)))) return;
    tell(`A notification is on its way to ${channel.name}.`);
    onTested();
  };
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5">
      <Bell aria-hidden className="size-4 shrink-0 text-ink-3" />
      <span className="min-w-0 flex-1 basis-40">
        <span className="block truncate font-medium">{channel.name}</span>
        <span className="block text-xs text-ink-3">
          {channel.kind === "ntfy" ? "ntfy" : isHere ? "this browser" : "browser"} · added{" "}
          <Ago ms={channel.created_ms} />
        </span>
        {(channel.problem ?? action.error) && (
          <span className="block text-xs text-bad [overflow-wrap:anywhere]">{channel.problem ?? action.error}</span>
        )}
      </span>
      <span className="flex gap-2">
        <Button size="small" aria-label={`Test ${channel.name}`} isBusy={action.isBusy} onClick={() => void test()}>
          Test
        </Button>
        <Button size="small" look="danger" aria-label={`Remove ${channel.name}`} onClick={onRemove}>
          Remove
        </Button>
      </span>
    </li>
  );
}

function NtfyForm({ onClose, onAdded }: { onClose: () => void; onAdded: () => Promise<unknown> }) {
  const [address, setAddress] = useState("");
  const [token, setToken] = useState("");
  const action = useAction(["address", "token"]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const isDone = await action.run(async () => {
      await notifications.addNtfy({ address: address.trim(), ...(token !== "" && { token: token.trim() }) });
      await onAdded();
    });
    if (isDone) onClose();
  };
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        <div className="flex flex-col gap-3">
          <Field
            label="Address"
            type="url"
            value={address}
            onChange={(event) => setAddress(event.target.value)}
            placeholder="https://ntfy.sh/claude-k3x9q2"
            hint="Server and topic."
            error={action.fieldError("address") ?? action.error}
            autoComplete="off"
            required
          />
          <Field
            label="Access token"
            type="password"
            value={token}
            onChange={(event) => setToken(event.target.value)}
            hint="Where the server asks for one. It is kept encrypted and never shown."
            error={action.fieldError("token")}
            autoComplete="off"
          />
        </div>
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" isBusy={action.isBusy} disabled={address.trim() === ""}>
          Add topic
        </Button>
      </DialogFooter>
    </form>
  );
}
