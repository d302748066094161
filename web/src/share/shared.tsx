import { useEffect, useState } from "react";
import { explain } from "../api/http";
import type { Shared as SharedPiece } from "../api/types";
import { sharedLink, takeCode } from "../auth/fragment";
import { AuthFrame } from "../auth/frame";
import { useLive } from "../live/hooks";
import { OpenStates } from "../session/open-state";
import { TranscriptList } from "../session/transcript";
import { Logo } from "../shell/logo";
import { Empty, Skeleton } from "../ui/empty";
import { until } from "../ui/format";
import { Ago, useNow } from "../ui/time";
import { useTitle } from "../ui/title";
import { visible } from "../ui/visible";
import { readAll } from "./read-all";

/** What the store keeps the transcript under: a visitor does not know the session's id. */
const SHARED = "shared";

/** A transcript that was shared, for somebody who need not have an account: to read, and nothing else. */
export function Shared() {
  const code = useCode();
  const { about, failure, read } = useShared(code);
  useTitle(about === null ? "Shared transcript" : nameOf(about));
  const now = useNow();
  if (code === null)
    return (
      <AuthFrame title="No link here" lead="Open the link you were sent once more, in full.">
        {null}
      </AuthFrame>
    );
  if (failure !== null)
    return (
      <AuthFrame title="This cannot be shown" lead={failure}>
        {null}
      </AuthFrame>
    );
  return (
    <div className="flex h-dvh flex-col pt-[env(safe-area-inset-top)] pr-[env(safe-area-inset-right)] pl-[env(safe-area-inset-left)]">
      <header className="flex h-12 shrink-0 items-center gap-2.5 border-b border-line px-3 md:px-5">
        <Logo className="size-5.5 shrink-0" />
        <h1 className="min-w-0 truncate text-[0.9375rem] font-semibold">{about && nameOf(about)}</h1>
        <span className="min-w-0 flex-1 truncate text-right text-xs text-ink-3">
          {about && (
            <>
              <Ago ms={about.created_ms} /> · <span className="max-md:hidden">the link </span>expires{" "}
              {until(about.expires_ms, now)}
            </>
          )}
        </span>
      </header>
      <main className="flex min-h-0 flex-1 flex-col">
        {about === null ? (
          <>
            <p role="status" className="px-4 pt-3 text-center text-xs text-ink-2">
              {read > 0 && `Reading the transcript: ${read.toLocaleString("en")} items so far`}
            </p>
            <Skeleton rows={6} />
          </>
        ) : (
          <OpenStates>
            <TranscriptList
              sessionId={SHARED}
              empty={<Empty title="Nothing was said">This transcript is empty.</Empty>}
              mayCommand={false}
              sentId={null}
            />
          </OpenStates>
        )}
      </main>
    </div>
  );
}

function nameOf({ title }: SharedPiece): string {
  return visible(title.trim()) || "Untitled session";
}

/** Read the whole transcript, piece by piece; it is shown once all of it is here. `read` counts the items meanwhile. */
function useShared(code: string | null): { about: SharedPiece | null; failure: string | null; read: number } {
  const { store } = useLive();
  const [about, setAbout] = useState<SharedPiece | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [read, setRead] = useState(0);
  useEffect(() => {
    if (code === null) return;
    const reading = new AbortController();
    setAbout(null);
    setFailure(null);
    setRead(0);
    readAll(code, setRead, reading.signal).then(
      ({ piece, items }) => {
        store.transcripts.takeShared(SHARED, items);
        setAbout(piece);
      },
      (thrown) => !reading.signal.aborted && setFailure(explain(thrown)),
    );
    return () => reading.abort();
  }, [code, store]);
  return { about, failure, read };
}

function useCode(): string | null {
  const [code, setCode] = useState(sharedLink.code);
  useEffect(() => {
    const another = () => {
      const arrived = takeCode();
      if (arrived === null) return;
      sharedLink.keep(arrived);
      setCode(arrived);
    };
    another();
    window.addEventListener("hashchange", another);
    return () => window.removeEventListener("hashchange", another);
  }, []);
  return code;
}
