import { MessagesSquare, SquareTerminal } from "lucide-react";
import { useState } from "react";
import { sessions } from "../api/resources";
import type { Mode, Session } from "../api/types";
import { useAgent, useLive } from "../live/hooks";
import { Button } from "../ui/button";
import { attempt } from "../ui/toast";

/** Resumes an ended session in one of the modes that its machine knows. */
export function ResumeButton({ session, mode }: { session: Session; mode: Mode }) {
  const { store } = useLive();
  const [isBusy, setBusy] = useState(false);
  const agent = useAgent(session.agent_id);
  if (!(agent?.machine?.modes ?? ["chat"]).includes(mode)) return null;
  const resume = async () => {
    setBusy(true);
    await attempt("The session was not resumed", async () =>
      store.putSession(await sessions.resumeAs(session.id, mode)),
    );
    setBusy(false);
  };
  const Icon = mode === "chat" ? MessagesSquare : SquareTerminal;
  return (
    <Button needsServer isBusy={isBusy} icon={<Icon aria-hidden className="size-4" />} onClick={() => void resume()}>
      {mode === "chat" ? "Resume as a chat" : "Resume in a terminal"}
    </Button>
  );
}
