import { useState } from "react";
import type { AgentWithToken } from "../api/types";
import { useAgent } from "../live/hooks";
import { Button } from "../ui/button";
import { CopyBox } from "../ui/copy";
import { Dialog, DialogBody, DialogFooter } from "../ui/dialog";
import { OnlineDot } from "./online-dot";

/** A fresh token, shown this once, with the command that starts the agent; says when the agent has come online. */
export function TokenDialog({ created, onClose }: { created: AgentWithToken | null; onClose: () => void }) {
  const [shown, setShown] = useState(created);
  if (created !== null && created !== shown) setShown(created);
  return (
    <Dialog
      title={`Token of ${shown?.agent.name ?? "the agent"}`}
      description="It is shown only this once. Keep it as you would keep a password."
      isOpen={created !== null}
      onClose={onClose}
      isWide
    >
      {shown !== null && (
        <>
          <DialogBody>
            <CopyBox label="Agent token" text={shown.token} />
            <CopyBox label="Start command" text={shown.command} />
            <p className="text-sm text-ink-2">
              Run the command on the machine where Claude shall work, and paste the token when it asks. The agent
              connects outward to this server; no port has to be opened.
            </p>
            <Arrival agentId={shown.agent.id} />
          </DialogBody>
          <DialogFooter>
            <Button data-first-focus look="primary" onClick={onClose}>
              Done
            </Button>
          </DialogFooter>
        </>
      )}
    </Dialog>
  );
}

function Arrival({ agentId }: { agentId: string }) {
  const agent = useAgent(agentId);
  return (
    <p role="status" className="flex items-center gap-2 text-sm">
      <OnlineDot isOnline={agent?.online ?? false} />
      {agent?.online ? (
        <span>
          <strong className="font-medium">{agent.name}</strong> is online
          {agent.machine && ` on ${agent.machine.hostname}`}.
        </span>
      ) : (
        <span className="text-ink-2">Waiting for the agent to connect…</span>
      )}
    </p>
  );
}
