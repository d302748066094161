import { Button } from "../ui/button";

/** Says how far it is to the place that one has come for, and where to read it when that is too far. */
export function FarAway({
  sessionId,
  toLoad,
  isTooFar,
  onStop,
}: {
  sessionId: string;
  toLoad: number;
  isTooFar: boolean;
  onStop: () => void;
}) {
  if (isTooFar)
    return (
      <p className={ROW}>
        This place is {toLoad.toLocaleString("en")} items further back, which is too far to be shown here.{" "}
        <a className="underline" href={`/api/v1/sessions/${sessionId}/transcript?format=html`} download>
          Export the transcript
        </a>{" "}
        to read it.
      </p>
    );
  return (
    <div className={`flex items-center justify-center gap-3 ${ROW}`}>
      <p>Loading back to this place: {toLoad.toLocaleString("en")} items to go</p>
      <Button size="small" onClick={onStop}>
        Stop
      </Button>
    </div>
  );
}

const ROW = "shrink-0 border-b border-line px-4 py-2 text-center text-xs text-ink-2";
