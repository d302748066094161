import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleX, ShieldCheck } from "lucide-react";
import { type ReactNode, useState } from "react";
import { explain } from "../api/http";
import { sessions } from "../api/resources";
import type { Session, Verification } from "../api/types";
import { AfterLimitSetting } from "../limits/after-limit";
import { hasLimits, LimitsList } from "../limits/plan-limits";
import { useAgent, useLive } from "../live/hooks";
import { PERMISSION_MODES } from "../sessions/permission-modes";
import { StatusWords } from "../sessions/status-dot";
import { DEMO_MEANING, DemoBadge } from "../ui/badge";
import { Button } from "../ui/button";
import { CopyIcon } from "../ui/copy";
import { Check } from "../ui/field";
import { bytes, compact, cost, count, duration, fullTime, plural } from "../ui/format";
import { useNow } from "../ui/time";
import { attempt } from "../ui/toast";
import { SessionBudget } from "./budget";

/** What there is to know of a session beside what was said in it. */
export function Details({ session, mayCommand }: { session: Session; mayCommand: boolean }) {
  const agent = useAgent(session.agent_id);
  const now = useNow(1000);
  const began = session.started_ms;
  return (
    <div className="flex flex-col gap-5 text-sm">
      {session.demo && (
        <p className="rounded-lg bg-accent-soft/60 px-3 py-2 text-xs text-ink-2">
          <DemoBadge /> {DEMO_MEANING.replace("Demo: the", "The")}
        </p>
      )}
      <dl className="flex flex-col gap-2.5">
        <Fact name="State">
          <StatusWords session={session} />
        </Fact>
        <Fact name="Agent">
          {session.agent_name}
          {agent?.machine && agent.machine.hostname !== session.agent_name && (
            <span className="text-ink-3"> on {agent.machine.hostname}</span>
          )}
        </Fact>
        <Fact name="Project">{session.project_name}</Fact>
        <Fact name="Directory">
          <span className="font-mono text-xs [overflow-wrap:anywhere]">
            {session.directory ?? agent?.machine?.default_directory ?? "the agent's own"}
          </span>
        </Fact>
        <Fact name="Model">{session.model ?? "the CLI's default"}</Fact>
        <Fact name="Permissions">
          <span title={PERMISSION_MODES[session.permission_mode]?.description}>
            {PERMISSION_MODES[session.permission_mode]?.label ?? session.permission_mode}
          </span>
        </Fact>
        <Fact name="Started">
          {fullTime(session.created_ms)}
          {session.created_by && <span className="text-ink-3"> by {session.created_by}</span>}
        </Fact>
        {began !== null && session.epoch === 1 && (
          // later, it would count what lay between its end and its resumption
          <Fact name="Running time">{duration(Math.max(0, (session.ended_ms ?? now) - began))}</Fact>
        )}
        <Fact name="Budget">
          <SessionBudget session={session} mayCommand={mayCommand} />
        </Fact>
        {agent && hasLimits(agent.limits) && (
          <Fact name="Plan limits">
            <LimitsList limits={agent.limits} />
          </Fact>
        )}
        {session.mode === "chat" && (
          <Fact name="At a limit">
            <GoingOn session={session} mayCommand={mayCommand} />
          </Fact>
        )}
        <Fact name="After a crash">
          <Resumption session={session} mayCommand={mayCommand} />
        </Fact>
        <Fact name="Output">
          <Output session={session} mayCommand={mayCommand} />
        </Fact>
        {session.epoch > 1 && <Fact name="Resumed">{plural(session.epoch - 1, "time")}</Fact>}
      </dl>
      <dl className="grid grid-cols-3 gap-2 rounded-lg border border-line bg-surface px-3 py-2.5">
        <Figure
          name="Cost"
          value={
            <Link
              to="/usage"
              search={{ project: session.project_id }}
              title="What the project uses"
              className="underline decoration-line-strong underline-offset-2"
            >
              {session.cost_usd === null ? "–" : cost(session.cost_usd)}
            </Link>
          }
        />
        <Figure name="In" value={compact(session.input_tokens)} title={`${count(session.input_tokens)} tokens`} />
        <Figure name="Out" value={compact(session.output_tokens)} title={`${count(session.output_tokens)} tokens`} />
      </dl>
      <SessionRecord session={session} />
      <dl className="flex flex-col gap-2.5">
        <Fact name="Session id">
          <span className="flex items-start gap-1">
            <span className="font-mono text-xs [overflow-wrap:anywhere]">{session.id}</span>
            <CopyIcon text={session.id} label="Copy the session id" className="-mt-1 size-6" />
          </span>
        </Fact>
      </dl>
    </div>
  );
}

/** Whether the session resumes by itself; those who may command it choose. */
function Resumption({ session, mayCommand }: { session: Session; mayCommand: boolean }) {
  const { store } = useLive();
  const isAutomatic = session.resume === "automatic";
  if (!mayCommand || session.state === "ended") return isAutomatic ? "resumed by itself" : "resumed by hand";
  const choose = (isChosen: boolean) =>
    void attempt("The session was not changed", async () =>
      store.putSession(await sessions.setResume(session.id, isChosen ? "automatic" : "manual")),
    );
  return (
    <Check isChecked={isAutomatic} onChange={choose}>
      Resume by itself
    </Check>
  );
}

/** Whether the session goes on by itself once a usage limit has reset; those who may command it choose. */
function GoingOn({ session, mayCommand }: { session: Session; mayCommand: boolean }) {
  const { store } = useLive();
  const { limit_prompt } = session;
  if (!mayCommand) return limit_prompt === null ? "waits for a person" : `goes on by itself: “${limit_prompt}”`;
  const choose = (prompt: string | null) =>
    void attempt("The session was not changed", async () =>
      store.putSession(await sessions.setLimitPrompt(session.id, prompt)),
    );
  return <AfterLimitSetting prompt={limit_prompt} onChoose={choose} />;
}

/** How much output is stored; those who may command the session choose that it stays, whatever the project keeps. */
function Output({ session, mayCommand }: { session: Session; mayCommand: boolean }) {
  const { store } = useLive();
  if (session.removed_ms !== null) return `removed on ${fullTime(session.removed_ms)}`;
  const choose = (isChosen: boolean) =>
    void attempt("The session was not changed", async () =>
      store.putSession(await sessions.setKept(session.id, isChosen)),
    );
  return (
    <>
      {bytes(session.log_bytes)}
      {session.unremovable !== null && <span className="block text-bad">Not removed: {session.unremovable}</span>}
      {mayCommand ? (
        <Check isChecked={session.is_kept} onChange={choose}>
          Keep it
        </Check>
      ) : (
        session.is_kept && ", kept"
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[6.5rem_minmax(0,1fr)] items-baseline gap-2">
      <dt className="text-xs text-ink-3">{name}</dt>
      <dd className="min-w-0 [overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}

function Figure({ name, value, title }: { name: string; value: ReactNode; title?: string }) {
  return (
    <div title={title}>
      <dt className="text-2xs text-ink-3">{name}</dt>
      <dd className="font-medium tabular-nums">{value}</dd>
    </div>
  );
}

/** The session's record can be checked: every frame is numbered, chained and signed. */
function SessionRecord({ session }: { session: Session }) {
  const [isBusy, setBusy] = useState(false);
  const [found, setFound] = useState<Verification | string | null>(null);
  const verify = async () => {
    setBusy(true);
    setFound(await sessions.verify(session.id).catch(explain));
    setBusy(false);
  };
  return (
    <section>
      <div className="flex items-center gap-2">
        <h2 className="flex-1 text-xs text-ink-3">Record: {plural(session.last_seq, "frame")}</h2>
        <Button
          size="small"
          isBusy={isBusy}
          icon={<ShieldCheck aria-hidden className="size-3.5" />}
          onClick={() => void verify()}
        >
          Verify
        </Button>
      </div>
      <div role="status" className="mt-1.5 text-xs">
        {typeof found === "string" && <p className="text-bad">{found}</p>}
        {found !== null && typeof found !== "string" && <Verdict verification={found} />}
      </div>
    </section>
  );
}

/** What the machine's own checkpoints say of the end of the log; `late` and `not_closed` come with a problem. */
const CLOSINGS: Record<Verification["closing"], string> = {
  closed: "The machine has signed that it ends there.",
  open: "The session goes on.",
  late: "",
  not_closed: "",
  unsigned: "The machine has signed no checkpoints: this is the server's word.",
};

export function Verdict({ verification }: { verification: Verification }) {
  const { removed } = verification;
  if (verification.verified)
    return (
      <p className="flex items-start gap-1.5 text-ok">
        <CircleCheck aria-hidden className="mt-0.5 size-3.5 shrink-0" />
        <span>
          {removed !== null && (
            <>
              Removed on {fullTime(removed.removed_ms)}: {plural(removed.frames, "frame")}, checked before. The
              tombstone holds, signed by the server&apos;s key <code className="break-all">{removed.key}</code>.{" "}
            </>
          )}
          {(removed === null || verification.frames > 0) && (
            <>
              Complete and unchanged: {plural(verification.frames, "frame")} in{" "}
              {plural(verification.batches, "signed batch", "signed batches")}.{" "}
            </>
          )}
          {CLOSINGS[verification.closing]}
          {verification.keys.map((key) => (
            <span key={key} className="block break-all text-ink-3">
              Signed by the machine&apos;s key <code>{key}</code>, up to frame {verification.signed_seq}.
            </span>
          ))}
        </span>
      </p>
    );
  return (
    <p className="flex items-start gap-1.5 text-bad">
      <CircleX aria-hidden className="mt-0.5 size-3.5 shrink-0" />
      <span>
        {verification.problem ?? "The record does not hold."}
        {verification.first_bad_seq !== null && ` First bad frame: ${verification.first_bad_seq}.`}
      </span>
    </p>
  );
}
