import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { keys, me, tokensQuery } from "../api/resources";
import type { ApiToken, NewApiToken } from "../api/types";
import { Button } from "../ui/button";
import { CopyBox } from "../ui/copy";
import { Confirm, Dialog, DialogBody, DialogFooter } from "../ui/dialog";
import { NameDialog } from "../ui/form-dialog";
import { Ago } from "../ui/time";

/** Tokens for programs that act in one's name. */
export function Tokens() {
  const { data: tokens } = useQuery(tokensQuery);
  const client = useQueryClient();
  const [isCreating, setCreating] = useState(false);
  const [created, setCreated] = useState<NewApiToken | null>(null);
  const [deleting, setDeleting] = useState<ApiToken | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: keys.tokens });
  return (
    <section>
      <div className="mb-3 flex items-start gap-3">
        <div className="flex-1">
          <h2 className="text-sm font-semibold">API tokens</h2>
          <p className="text-sm text-ink-2">For scripts and the command line; each acts in your name.</p>
        </div>
        <Button icon={<Plus aria-hidden className="size-4" />} onClick={() => setCreating(true)}>
          New token
        </Button>
      </div>
      {tokens !== undefined && tokens.length > 0 && (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
          {tokens.map((token) => (
            <li key={token.id} className="flex items-center gap-3 px-4 py-2.5">
              <KeyRound aria-hidden className="size-4 shrink-0 text-ink-3" />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{token.name}</span>
                <span className="block text-xs text-ink-3">
                  created <Ago ms={token.created_ms} inWords /> ·{" "}
                  {token.last_used_ms === null ? (
                    "never used"
                  ) : (
                    <>
                      last used <Ago ms={token.last_used_ms} inWords />
                    </>
                  )}
                </span>
              </span>
              <Button
                size="small"
                look="danger"
                aria-label={`Delete token ${token.name}`}
                onClick={() => setDeleting(token)}
              >
                Delete
              </Button>
            </li>
          ))}
        </ul>
      )}
      <NameDialog
        title="New API token"
        label="What is it for?"
        field="name"
        action="Create token"
        placeholder="laptop command line"
        isOpen={isCreating}
        onClose={() => setCreating(false)}
        onSubmit={async (name) => {
          setCreated(await me.createToken(name));
          await refresh();
        }}
      />
      <Dialog
        title="Your new token"
        description="It is shown only this once."
        isOpen={created !== null}
        onClose={() => setCreated(null)}
      >
        <DialogBody>{created && <CopyBox label="API token" text={created.token} />}</DialogBody>
        <DialogFooter>
          <Button look="primary" onClick={() => setCreated(null)}>
            Done
          </Button>
        </DialogFooter>
      </Dialog>
      <Confirm
        title={`Delete the token ${deleting?.name ?? ""}?`}
        action="Delete token"
        isOpen={deleting !== null}
        onClose={() => setDeleting(null)}
        onConfirm={async () => {
          if (deleting) await me.deleteToken(deleting.id);
          await refresh();
        }}
      >
        Whatever uses it is refused at once.
      </Confirm>
    </section>
  );
}
