import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { ApiError, explain } from "../api/http";
import { newId } from "../api/ids";
import { projectsQuery, sessions } from "../api/resources";
import type { Session } from "../api/types";
import type { Attached } from "../images/image";
import { StopNotice } from "../limits/stop-notice";
import { useLive, useLook, useSession, useStanding, useTranscript, useWatch } from "../live/hooks";
import { instructionsInto, queueInto, requestsOfSessionInto, sessionInto } from "../live/queries";
import { useCopy } from "../offline/hooks";
import { DEMO_PROMPTS } from "../sessions/demo-prompts";
import { endingOf, obstacleOf, titleOf } from "../sessions/status";
import { ShareDialog } from "../share/share-dialog";
import { TopBar } from "../shell/shell";
import { useBackCloses } from "../ui/back";
import { Button } from "../ui/button";
import { cx } from "../ui/cx";
import { Confirm, Dialog, DialogBody } from "../ui/dialog";
import { Empty, Failure, Skeleton } from "../ui/empty";
import { NameDialog } from "../ui/form-dialog";
import { AsOf } from "../ui/time";
import { useTitle } from "../ui/title";
import { tell } from "../ui/toast";
import { useUnderWay } from "../ui/under-way";
import { useSwipeFromEdge } from "../ui/use-swipe";
import { useIsWide } from "../ui/wide";
import { BudgetNotice } from "./budget";
import { Composer } from "./composer";
import { Details } from "./details";
import { GitChip } from "./git/chip";
import { SessionHeader } from "./header";
import { isInterruptible, useInterruptByKey } from "./interrupt";
import type { MachineTab } from "./machine/panel";
import { OpenStates } from "./open-state";
import { Origin } from "./origin";
import { QueueDock } from "./queue";
import { RequestDock } from "./requests/dock";
import { ResumeButton } from "./resume-button";
import { TranscriptList } from "./transcript";
import { wayFor } from "./way";

const TerminalView = lazy(async () => ({ default: (await import("./terminal/view")).TerminalView }));
const MachinePanel = lazy(async () => ({ default: (await import("./machine/panel")).MachinePanel }));
const RawLog = lazy(async () => ({ default: (await import("./raw/panel")).RawLog }));
const route = getRouteApi("/shell/sessions/$sessionId");

/** One session: what was said, what is asked, and where one answers. */
export function SessionView() {
  const { sessionId } = route.useParams();
  const { store } = useLive();
  const session = useSession(sessionId);
  const { isCutOff } = useStanding();
  useCopy(sessionId);
  const { error, isSuccess, refetch } = useQuery(sessionInto(store, sessionId));
  const isGone = (error instanceof ApiError && error.status === 404) || (session === undefined && isSuccess);
  useTitle(session === undefined ? "Session" : titleOf(session));
  if (isGone || (session === undefined && error !== null))
    return (
      <>
        <TopBar title="Session" />
        <Failure
          title={isGone ? "There is no such session" : "The session could not be loaded"}
          message={isGone ? "It was deleted, or you are not a member of its project." : missing(error, isCutOff)}
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

function missing(error: unknown, isCutOff: boolean): string {
  return isCutOff ? "This device keeps no copy of it. It is shown once the server answers." : explain(error);
}

/** What is open beside the transcript, or over it on a phone. */
type Beside = "raw" | "machine" | null;
type Asking = "share" | "rename" | "details" | "terminate" | "delete" | null;

function Open({ session }: { session: Session }) {
  const { item, request: wantedId } = route.useSearch();
  const { store, unsent } = useLive();
  const navigate = route.useNavigate();
  const { data: projects } = useQuery(projectsQuery);
  const [asking, setAsking] = useState<Asking>(null);
  const [beside, setBeside] = useState<Beside>(null);
  const [tab, setTab] = useState<MachineTab>("files");
  const [sentId, setSentId] = useState<string | null>(null);
  useWatch(session.id);
  useLook(session.id);
  useQuery(instructionsInto(store, session.id));
  useQuery(queueInto(store, session.id));
  useQuery(requestsOfSessionInto(store, session.id));
  const role = projects?.find(({ id }) => id === session.project_id)?.role;
  const mayCommand = role === undefined || role !== "viewer";

  const resuming = useUnderWay(session.state);
  const send = (text: string, isAtOnce: boolean, images: readonly Attached[]) => {
    if (session.state === "ended" && text === "") {
      void resuming.run("The session was not resumed", async () => store.putSession(await sessions.resume(session.id)));
      return;
    }
    const way = wayFor(session, isAtOnce, store.queue(session.id), unsent.all);
    const id = newId();
    unsent.add({ id, sessionId: session.id, text, attached: images, way, createdMs: Date.now() });
    if (way !== "queue") setSentId(id);
  };
  const interrupting = useUnderWay(session.activity);
  const interrupt = () => void interrupting.run("Claude was not interrupted", () => sessions.interrupt(session.id));
  const isInterruptArmed = useInterruptByKey(mayCommand && isInterruptible(session), interrupt);
  const close = () => setAsking(null);
  const isWide = useIsWide();
  const goBack = () => (beside === null ? void navigate({ to: "/", search: {} }) : setBeside(null));
  useSwipeFromEdge(goBack, !isWide);
  useBackCloses(beside !== null && !isWide, () => setBeside(null));

  return (
    <OpenStates>
      <div className="flex min-h-0 flex-1">
        <div className={cx("flex min-w-0 flex-1 flex-col", beside !== null && "max-md:hidden")}>
          <SessionHeader
            session={session}
            mayCommand={mayCommand}
            mayDelete={role === "owner"}
            beside={beside}
            onBeside={(panel) => setBeside(beside === panel ? null : panel)}
            changes={
              mayCommand && (
                <GitChip
                  session={session}
                  isOpen={beside === "machine" && tab === "changes"}
                  onPress={() => {
                    setBeside(beside === "machine" && tab === "changes" ? null : "machine");
                    setTab("changes");
                  }}
                />
              )
            }
            onShare={() => setAsking("share")}
            onRename={() => setAsking("rename")}
            onDetails={() => setAsking("details")}
            onTerminate={() => setAsking("terminate")}
            onDelete={() => setAsking("delete")}
          />
          <Origin session={session} />
          {session.mode === "terminal" ? (
            <Suspense fallback={<Skeleton />}>
              <TerminalView session={session} mayCommand={mayCommand} />
            </Suspense>
          ) : (
            <>
              <TranscriptList
                sessionId={session.id}
                empty={<NothingYet session={session} />}
                mayCommand={mayCommand}
                sentId={sentId}
                target={item}
                onStop={() => void navigate({ search: ({ item: _, ...rest }) => rest, replace: true })}
              />
              <CopyNotice sessionId={session.id} />
              <div className="shrink-0 px-3 pb-[max(0.25rem,env(safe-area-inset-bottom))] md:px-5">
                <BudgetNotice session={session} />
                <StopNotice session={session} mayCommand={mayCommand} />
                <QueueDock session={session} mayCommand={mayCommand} />
                <RequestDock sessionId={session.id} mayAnswer={mayCommand} wantedId={wantedId} />
                {session.state === "ended" && (
                  <Ended>
                    {endingOf(session)}
                    {mayCommand && obstacleOf(session) === null && <ResumeButton session={session} mode="terminal" />}
                  </Ended>
                )}
                <Composer
                  session={session}
                  mayCommand={mayCommand && obstacleOf(session) === null}
                  onSend={send}
                  onInterrupt={interrupt}
                  isInterrupting={interrupting.isUnderWay}
                  isResuming={resuming.isUnderWay}
                  isInterruptArmed={isInterruptArmed}
                  examples={
                    session.demo && session.agent_online && session.state === "running" && session.activity === "idle"
                      ? DEMO_PROMPTS
                      : []
                  }
                />
              </div>
            </>
          )}
        </div>
        {beside === "raw" && (
          <Suspense fallback={<Skeleton />}>
            <RawLog session={session} onClose={() => setBeside(null)} />
          </Suspense>
        )}
        {beside === "machine" && (
          <Suspense fallback={<Skeleton />}>
            <MachinePanel session={session} tab={tab} onTab={setTab} onClose={() => setBeside(null)} />
          </Suspense>
        )}
        {beside === null && (
          <aside
            aria-label="Details"
            className="thin-scroll hidden w-76 shrink-0 overflow-y-auto border-l border-line bg-canvas px-5 py-4 xl:block"
          >
            <Details session={session} mayCommand={mayCommand} />
          </aside>
        )}
      </div>
      <Dialog title="Details" isOpen={asking === "details"} onClose={close}>
        <DialogBody>
          <Details session={session} mayCommand={mayCommand} />
        </DialogBody>
      </Dialog>
      <ShareDialog session={session} isOpen={asking === "share"} onClose={close} />
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
        onConfirm={async () => store.takeInstruction(await sessions.terminate(session.id))}
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
          for (const { id, sessionId } of unsent.all) if (sessionId === session.id) unsent.dismiss(id);
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

/** Says that what is shown of a transcript is this device's copy, and of when. */
function CopyNotice({ sessionId }: { sessionId: string }) {
  const { asOfMs, isLoaded } = useTranscript(sessionId);
  const { isCutOff } = useStanding();
  if (!isCutOff || (isLoaded && asOfMs === null)) return null;
  return (
    <Ended>
      {asOfMs === null ? (
        "This device has kept nothing of this transcript. It is shown once the server answers."
      ) : (
        <span>
          <AsOf ms={asOfMs} />, offline: the newest part, as this device has kept it.
        </span>
      )}
    </Ended>
  );
}

function Ended({ children }: { children: ReactNode }) {
  return (
    <div className="mx-auto mb-2 flex w-full max-w-3xl flex-wrap items-center justify-center gap-2 px-1 text-xs text-ink-3">
      {children}
    </div>
  );
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
