import { Logo } from "./logo";

/** What stands there when the first answer takes longer than a moment. */
export function Splash() {
  return (
    <div className="flex h-dvh items-center justify-center">
      <Logo className="size-9 animate-pulse" />
    </div>
  );
}
