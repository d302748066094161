import { useCallback, useEffect, useMemo, useState } from "react";
import { encode } from "uqr";
import { explain } from "../api/http";
import { auth } from "../api/resources";
import type { SignInCode as Code } from "../api/types";
import { Button } from "../ui/button";
import { CopyBox } from "../ui/copy";
import { Failure, Skeleton } from "../ui/empty";
import { useNow } from "../ui/time";

const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

/** A code for the camera of a phone, good once and for a minute. It stands in the fragment, which browsers send to nobody. */
export function SignInCode() {
  const [code, setCode] = useState<Code | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const now = useNow(1000);
  const make = useCallback(async () => {
    setFailure(null);
    try {
      setCode(await auth.createCode());
    } catch (thrown) {
      setFailure(explain(thrown));
    }
  }, []);
  useEffect(() => void make(), [make]);
  if (failure !== null)
    return (
      <Failure
        title="There is no code"
        message={failure}
        action={<Button onClick={() => void make()}>Try again</Button>}
      />
    );
  if (code === null) return <Skeleton />;
  const link = `${location.origin}/sign-in#${code.code}`;
  const seconds = Math.floor((code.expires_ms - now) / 1000);
  return (
    <div className="flex flex-col items-center gap-4">
      {seconds > 0 ? (
        <>
          <Squares text={link} />
          <p className="text-sm text-ink-2 tabular-nums">Good for {seconds} more seconds, and for one sign-in.</p>
          <div className="w-full">
            <CopyBox label="Sign-in link" text={link} />
          </div>
        </>
      ) : (
        <>
          <p role="status" className="py-10 text-sm text-ink-2">
            The code is too old.
          </p>
          <Button look="primary" onClick={() => void make()}>
            Show a fresh code
          </Button>
        </>
      )}
      {LOCAL.includes(location.hostname) && (
        <p className="text-xs text-ink-2">
          You have opened this page as {location.hostname}, which a phone takes for itself. Open it under an address
          that the phone can reach, and show the code there.
        </p>
      )}
    </div>
  );
}

/** A QR code: dark on light in either theme, since not every camera reads it the other way round. */
function Squares({ text }: { text: string }) {
  const { size, path } = useMemo(() => {
    const { size, data } = encode(text, { border: 4 });
    const squares = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
    return { size, path: squares.join("") };
  }, [text]);
  return (
    <svg
      role="img"
      aria-label="QR code of the sign-in link"
      viewBox={`0 0 ${size} ${size}`}
      className="w-full max-w-64 rounded-lg bg-white"
      shapeRendering="crispEdges"
    >
      <path d={path} fill="#000" />
    </svg>
  );
}
