import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { keys, shares, sharesQuery } from "../api/resources";
import type { NewShare, Session } from "../api/types";
import { useAction } from "../ui/action";
import { Button } from "../ui/button";
import { Choice } from "../ui/choice";
import { CopyBox } from "../ui/copy";
import { Dialog, DialogBody, DialogFooter } from "../ui/dialog";
import { until } from "../ui/format";
import { useNow } from "../ui/time";
import { attempt, tell } from "../ui/toast";

const DAYS = [
  { value: "1", label: "A day" },
  { value: "7", label: "A week" },
  { value: "30", label: "A month" },
] as const;

/** Links by which somebody without an account reads this transcript. */
export function ShareDialog({ session, isOpen, onClose }: { session: Session; isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog
      title="Share the transcript"
      description="Whoever has the link reads all of this transcript, also what is said later, without an account. Images are left out."
      isOpen={isOpen}
      onClose={onClose}
    >
      <ShareForm session={session} onClose={onClose} />
    </Dialog>
  );
}

function ShareForm({ session, onClose }: { session: Session; onClose: () => void }) {
  const client = useQueryClient();
  const [days, setDays] = useState<(typeof DAYS)[number]["value"]>("7");
  const [made, setMade] = useState<NewShare | null>(null);
  const action = useAction();
  const create = async (event: FormEvent) => {
    event.preventDefault();
    await action.run(async () => {
      setMade(await shares.create(session.id, Number(days)));
      await client.invalidateQueries({ queryKey: keys.shares(session.id) });
    });
  };
  return (
    <form onSubmit={create}>
      <DialogBody>
        {made === null ? (
          <Choice label="It works for" value={days} options={DAYS} onChange={setDays} />
        ) : (
          <>
            <CopyBox label="Link" text={made.url} />
            <p className="text-sm text-ink-2">
              It is shown only now, and expires {until(made.expires_ms, Date.now())}.
            </p>
          </>
        )}
        {action.error && (
          <p role="alert" className="text-sm text-bad">
            {action.error}
          </p>
        )}
        <Links session={session} />
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{made === null ? "Cancel" : "Done"}</Button>
        {made === null && (
          <Button type="submit" look="primary" isBusy={action.isBusy}>
            Create link
          </Button>
        )}
      </DialogFooter>
    </form>
  );
}

function Links({ session }: { session: Session }) {
  const client = useQueryClient();
  const { data: found } = useQuery(sharesQuery(session.id));
  const now = useNow();
  if (!found?.length) return null;
  return (
    <section>
      <h3 className="mb-2 text-sm font-semibold">Links that work</h3>
      <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
        {found.map((share) => (
          <li key={share.id} className="flex items-center gap-3 px-3 py-2 text-sm">
            <Link2 aria-hidden className="size-4 text-ink-3" />
            <span className="min-w-0 flex-1 truncate">
              by {share.created_by} <span className="text-ink-3">· expires {until(share.expires_ms, now)}</span>
            </span>
            <Button
              size="small"
              onClick={async () => {
                const isDone = await attempt("The link was not withdrawn", () => shares.withdraw(session.id, share.id));
                if (isDone) tell("The link is withdrawn: it opens nothing any more.");
                await client.invalidateQueries({ queryKey: keys.shares(session.id) });
              }}
            >
              Withdraw
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
