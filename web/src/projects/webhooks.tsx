import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Webhook } from "lucide-react";
import { type FormEvent, useState } from "react";
import { NotifiedList } from "../account/notified";
import { deliveriesQuery, keys, webhooks, webhooksQuery } from "../api/resources";
import type { Channel, NewWebhook, Project } from "../api/types";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { CopyBox } from "../ui/copy";
import { Confirm, Dialog, DialogBody, DialogFooter } from "../ui/dialog";
import { Field } from "../ui/field";
import { tell } from "../ui/toast";

/** Programs that are told what becomes of the project's sessions. */
export function Webhooks({ project }: { project: Project }) {
  const client = useQueryClient();
  const { data: found } = useQuery(webhooksQuery(project.id));
  const [isAdding, setAdding] = useState(false);
  const [added, setAdded] = useState<NewWebhook | null>(null);
  const [removing, setRemoving] = useState<Channel | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: keys.webhooks(project.id) });
  return (
    <section aria-label="Webhooks">
      <div className="mb-3 flex items-start gap-3">
        <div className="flex-1">
          <h2 className="text-sm font-semibold">Webhooks</h2>
          <p className="text-sm text-ink-2">
            Programs that are told when a session waits, finishes, ends, fails or stays silent, signed as Standard
            Webhooks has it.
          </p>
        </div>
        <Button icon={<Plus aria-hidden className="size-4" />} onClick={() => setAdding(true)}>
          New webhook
        </Button>
      </div>
      {found !== undefined && found.length > 0 && (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
          {found.map((webhook) => (
            <WebhookRow
              key={webhook.id}
              projectId={project.id}
              webhook={webhook}
              onRemove={() => setRemoving(webhook)}
            />
          ))}
        </ul>
      )}
      <Dialog title="New webhook" isOpen={isAdding} onClose={() => setAdding(false)}>
        <WebhookForm
          projectId={project.id}
          onClose={() => setAdding(false)}
          onAdded={async (webhook) => {
            setAdded(webhook);
            await refresh();
          }}
        />
      </Dialog>
      <Dialog
        title="The webhook's secret"
        description="It verifies the signatures, and is shown only this once."
        isOpen={added !== null}
        onClose={() => setAdded(null)}
      >
        <DialogBody>{added && <CopyBox label="webhook secret" text={added.secret} />}</DialogBody>
        <DialogFooter>
          <Button look="primary" onClick={() => setAdded(null)}>
            Done
          </Button>
        </DialogFooter>
      </Dialog>
      <Confirm
        title={`Remove the webhook ${removing?.name ?? ""}?`}
        action="Remove webhook"
        isOpen={removing !== null}
        onClose={() => setRemoving(null)}
        onConfirm={async () => {
          if (removing) await webhooks.remove(project.id, removing.id);
          await refresh();
        }}
      >
        It is told nothing any more, and its log goes with it.
      </Confirm>
    </section>
  );
}

function WebhookRow({ projectId, webhook, onRemove }: { projectId: string; webhook: Channel; onRemove: () => void }) {
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const action = useAction();
  const { data: deliveries } = useQuery({
    ...deliveriesQuery(projectId, webhook.id),
    enabled: isOpen,
    refetchInterval: 5_000,
  });
  const refresh = () => client.invalidateQueries({ queryKey: keys.webhooks(projectId) });
  const test = async () => {
    if (!(await action.run(() => webhooks.test(projectId, webhook.id)))) return;
    tell(`A delivery is on its way to ${webhook.name}.`);
    setOpen(true);
    await refresh();
  };
  const redeliver = (deliveryId: string) =>
    action.run(async () => {
      await webhooks.redeliver(projectId, webhook.id, deliveryId);
      await refresh();
    });
  return (
    <li className="px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Webhook aria-hidden className="size-4 shrink-0 text-ink-3" />
        <span className="min-w-0 flex-1 basis-40">
          <span className="block truncate font-medium">{webhook.name}</span>
          <span className="block truncate text-xs text-ink-3">{webhook.address}</span>
          {(action.error ?? webhook.problem) && (
            <span className="block text-xs text-bad [overflow-wrap:anywhere]">{action.error ?? webhook.problem}</span>
          )}
        </span>
        <span className="flex gap-2">
          <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            Log
          </Button>
          <Button size="small" aria-label={`Test ${webhook.name}`} isBusy={action.isBusy} onClick={() => void test()}>
            Test
          </Button>
          <Button size="small" look="danger" aria-label={`Remove ${webhook.name}`} onClick={onRemove}>
            Remove
          </Button>
        </span>
      </div>
      {isOpen && deliveries !== undefined && deliveries.length === 0 && (
        <p className="mt-2 text-sm text-ink-3">Nothing was delivered yet.</p>
      )}
      {isOpen && deliveries !== undefined && deliveries.length > 0 && (
        <NotifiedList
          notified={deliveries}
          action={(one) =>
            one.state !== "pending" && (
              <Button size="small" onClick={() => void redeliver(one.id)}>
                Redeliver
              </Button>
            )
          }
        />
      )}
    </li>
  );
}

interface WebhookFormProps {
  projectId: string;
  onClose: () => void;
  onAdded: (webhook: NewWebhook) => Promise<unknown>;
}

function WebhookForm({ projectId, onClose, onAdded }: WebhookFormProps) {
  const [name, setName] = useState("");
  const [address, setAddress] = useState("");
  const action = useAction(["name", "address"]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const isDone = await action.run(async () =>
      onAdded(await webhooks.add(projectId, { name: name.trim(), address: address.trim() })),
    );
    if (isDone) onClose();
  };
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        <div className="flex flex-col gap-3">
          <Field
            label="Name"
            value={name}
            maxLength={100}
            onChange={(event) => setName(event.target.value)}
            error={action.fieldError("name")}
            autoComplete="off"
            required
          />
          <Field
            label="Address"
            type="url"
            value={address}
            onChange={(event) => setAddress(event.target.value)}
            placeholder="https://ci.example.org/claudios"
            error={action.fieldError("address") ?? action.error}
            autoComplete="off"
            required
          />
        </div>
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          look="primary"
          isBusy={action.isBusy}
          disabled={name.trim() === "" || address.trim() === ""}
        >
          Add webhook
        </Button>
      </DialogFooter>
    </form>
  );
}
