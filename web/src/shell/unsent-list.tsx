import { Link } from "@tanstack/react-router";
import { sourceOf } from "../images/image";
import { Pictures } from "../images/pictures";
import { useSession, useUnsent } from "../live/hooks";
import type { UnsentPrompt } from "../live/unsent";
import { UnsentActions } from "../session/unsent";
import { titleOf } from "../sessions/status";
import { CopyIcon } from "../ui/copy";
import { Dialog, DialogBody } from "../ui/dialog";
import { Scrollable } from "../ui/scrollable";
import { Ago } from "../ui/time";
import { visible } from "../ui/visible";

/** All that this browser has not sent yet, also of sessions that nobody can open any more. */
export function UnsentList({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const unsent = useUnsent();
  return (
    <Dialog title="Unsent prompts" isOpen={isOpen} onClose={onClose} isWide>
      <DialogBody>
        {unsent.length === 0 ? (
          <p className="text-sm text-ink-2">Everything is sent.</p>
        ) : (
          <ul className="flex flex-col gap-3">
            {unsent.map((prompt) => (
              <Row key={prompt.id} prompt={prompt} onLeave={onClose} />
            ))}
          </ul>
        )}
      </DialogBody>
    </Dialog>
  );
}

function Row({ prompt, onLeave }: { prompt: UnsentPrompt; onLeave: () => void }) {
  const session = useSession(prompt.sessionId);
  return (
    <li className="rounded-xl border border-line bg-surface py-2 pr-2 pl-3">
      <p className="flex items-center gap-2 text-xs text-ink-3">
        <Link
          to="/sessions/$sessionId"
          params={{ sessionId: prompt.sessionId }}
          onClick={onLeave}
          className="min-w-0 truncate font-medium text-ink-2 underline-offset-2 hover:underline touch:py-2"
        >
          {session === undefined ? "Its session" : titleOf(session)}
        </Link>
        <Ago ms={prompt.createdMs} className="shrink-0" />
        <CopyIcon text={prompt.text} label="Copy prompt" className="ml-auto" />
      </p>
      <Pictures sources={prompt.attached.map(sourceOf)} look="tiny" />
      <Scrollable label="Prompt" className="my-1 max-h-40 text-sm wrap-anywhere whitespace-pre-wrap">
        {visible(prompt.text)}
      </Scrollable>
      {prompt.message === null ? (
        <p className="text-xs text-ink-3">Sending…</p>
      ) : (
        <p className="text-xs text-bad">Not sent. {prompt.message}</p>
      )}
      <UnsentActions id={prompt.id} />
    </li>
  );
}
