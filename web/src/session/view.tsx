import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useRef, useState } from "react";
import { ApiError, explain } from "../api/http";
import { newId } from "../api/ids";
import { projectsQuery, prompts as promptsApi, sessions } from "../api/resources";
import type { Queue, Session } from "../api/types";
import { useLive, useSession, useWatch } from "../live/hooks";
import { instructionsInto, queueInto, requestsOfSessionInto, sessionInto } from "../live/queries";
import { DEMO_PROMPTS } from "../sessions/demo-prompts";
import { endingOf, titleOf } from "../sessions/status";
import { TopBar } from "../shell/shell";
import { Button } from "../ui/button";
import { Confirm, Dialog, DialogBody } from "../ui/dialog";
import { Empty, Failure, Skeleton } from "../ui/empty";
import { NameDialog } from "../ui/form-dialog";
import { useTitle } from "../ui/title";
import { attempt, tell } from "../ui/toast";
import { Composer, type ComposerHandle } from "./composer";
import { Details } from "./details";
import { SessionHeader } from "./header";
import { useInterruptByKey } from "./interrupt";
import { OpenStates } from "./open-state";
import { QueueDock } from "./queue";
import { RequestDock } from "./requests/dock";
import { TranscriptList } from "./transcript";

const route = getRouteApi("/shell/sessions/$sessionId");

/** One session: what was said, what is asked, and where one answers. */
export function SessionView() {
  const { sessionId } = route.useParams();
  const { store } = useLive();
  const session = useSession(sessionId);
  const { error, isSuccess, refetch } = useQuery(sessionInto(store, sessionId));
  const isGone = (error instanceof ApiError && error.status === 404) || (session === undefined && isSuccess);
  useTitle(session === undefined ? "Session" : titleOf(session));
  if (isGone || (session === undefined && error !== null))
    return (
      <>
        <TopBar title="Session" />
        <Failure
          title={isGone ? "There is no such session" : "The session could not be loaded"}
          message={isGone ? "It was deleted, or you are not a member of its project." : explain(error)}
          action={!isGone && <Button onClick={() => void refetch()}>Try again</Button>}
        />
      </>
    );
  if (session === undefined)
    return (
      <>
        <TopBar title="Session" />
        <Skeleton rows={6} />
      </>
    );
  return <Open key={sessionId} session={session} />;
}

type Asking = "rename" | "details" | "terminate" | "delete" | null;

function Open({ session }: { session: Session }) {
  const { store } = useLive();
  const navigate = useNavigate();
  const { data: projects } = useQuery(projectsQuery);
  const [asking, setAsking] = useState<Asking>(null);
  const composer = useRef<ComposerHandle>(null);
  useWatch(session.id);
  useQuery(instructionsInto(store, session.id));
  useQuery(queueInto(store, session.id));
  useQuery(requestsOfSessionInto(store, session.id));
  const role = projects?.find(({ id }) => id === session.project_id)?.role;
  const mayCommand = role === undefined || role !== "viewer";

  const send = async (text: string, isAtOnce: boolean) => {
    if (session.state === "ended") {
      const isResumed = await attempt("The session was not resumed", async () =>
        store.putSession(await sessions.resume(session.id, text || undefined)),
      );
      if (!isResumed) composer.current?.put(text);
      return;
    }
    const id = newId();
    if (!isAtOnce && isBusy(session, store.queue(session.id))) {
      const isTaken = await attempt("The prompt was not taken", async () =>
        store.putQueue(await promptsApi.add(session.id, id, text)),
      );
      if (!isTaken) composer.current?.put(text);
      return;
    }
    store.transcripts.changeOutbox(session.id, (outbox) => outbox.type(id, text, Date.now()));
    try {
      store.transcripts.takeInstruction(await sessions.command(session.id, text, id));
    } catch (failure) {
      store.transcripts.changeOutbox(session.id, (outbox) => outbox.fail(id, explain(failure)));
    }
  };
  const interrupt = () => void attempt("Claude was not interrupted", () => sessions.interrupt(session.id));
  const isInterruptible =
    mayCommand && session.state === "running" && session.activity !== null && session.activity !== "idle";
  const isInterruptArmed = useInterruptByKey(isInterruptible, interrupt);
  const close = () => setAsking(null);

  return (
    <OpenStates>
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <SessionHeader
            session={session}
            mayCommand={mayCommand}
            mayDelete={role === "owner"}
            onRename={() => setAsking("rename")}
            onDetails={() => setAsking("details")}
            onTerminate={() => setAsking("terminate")}
            onDelete={() => setAsking("delete")}
          />
          <TranscriptList
            sessionId={session.id}
            empty={<NothingYet session={session} />}
            mayCommand={mayCommand}
            onAgain={({ text }) => void send(text, true)}
          />
          <div className="shrink-0 px-3 pb-[max(0.25rem,env(safe-area-inset-bottom))] md:px-5">
            <QueueDock session={session} mayCommand={mayCommand} />
            <RequestDock sessionId={session.id} mayAnswer={mayCommand} />
            {session.state === "ended" && <Ended>{endingOf(session)}</Ended>}
            <Composer
              ref={composer}
              session={session}
              mayCommand={mayCommand && session.removed_ms === null}
              onSend={(text, isAtOnce) => void send(text, isAtOnce)}
              onInterrupt={interrupt}
              isInterruptArmed={isInterruptArmed}
              examples={
                session.demo && session.agent_online && session.state === "running" && session.activity === "idle"
                  ? DEMO_PROMPTS
                  : []
              }
            />
          </div>
        </div>
        <aside
          aria-label="Details"
          className="thin-scroll hidden w-76 shrink-0 overflow-y-auto border-l border-line bg-canvas px-5 py-4 xl:block"
        >
          <Details session={session} mayCommand={mayCommand} />
        </aside>
      </div>
      <Dialog title="Details" isOpen={asking === "details"} onClose={close}>
        <DialogBody>
          <Details session={session} mayCommand={mayCommand} />
        </DialogBody>
      </Dialog>
      <NameDialog
        title="Rename session"
        label="Title"
        field="title"
        action="Rename"
        initial={session.title}
        isOpen={asking === "rename"}
        onClose={close}
        onSubmit={async (title) => store.putSession(await sessions.rename(session.id, title))}
      />
      <Confirm
        title="Terminate this session?"
        action="Terminate"
        isOpen={asking === "terminate"}
        onClose={close}
        onConfirm={() => sessions.terminate(session.id)}
      >
        Claude and everything it started on {session.agent_name} is ended. The transcript stays, and the session can be
        resumed.
      </Confirm>
      <Confirm
        title="Delete this session?"
        action="Delete session"
        isOpen={asking === "delete"}
        onClose={close}
        onConfirm={async () => {
          await sessions.delete(session.id);
          await navigate({ to: "/" });
          store.remove("session", session.id);
          tell("The session is deleted.");
        }}
      >
        Its transcript and its whole record are deleted. This cannot be undone.
      </Confirm>
    </OpenStates>
  );
}

/** Whether a prompt should wait: Claude may have something to do, or another one is before it. The server knows exactly. */
function isBusy({ state, activity }: Session, queue: Queue | undefined): boolean {
  return state === "running" && (activity !== "idle" || (queue?.prompts.length ?? 0) > 0);
}

function Ended({ children }: { children: ReactNode }) {
  return <p className="mx-auto mb-2 w-full max-w-3xl px-1 text-center text-xs text-ink-3">{children}</p>;
}

function NothingYet({ session }: { session: Session }) {
  switch (session.state) {
    case "queued":
      return (
        <Empty title={session.agent_online ? "Waiting for a free place" : "Waiting for the agent"}>
          {session.agent_online
            ? `${session.agent_name} runs as many sessions as it may. This one starts as soon as another ends.`
            : `${session.agent_name} is offline. The session starts when it connects.`}
        </Empty>
      );
    case "starting":
      return <Empty title="Claude is starting">This takes a second or two.</Empty>;
    case "running":
      return <Empty title="Claude is ready">Write what it should do.</Empty>;
    case "ended":
      return <Empty title="Nothing was said">{endingOf(session)}</Empty>;
  }
}
