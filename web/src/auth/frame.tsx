import type { ReactNode } from "react";
import { Logo } from "../shell/logo";

/** The quiet page around signing in, and around what is outside of everything. */
export function AuthFrame({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center bg-canvas px-5 pt-[max(2.5rem,env(safe-area-inset-top))] pb-10">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-2.5">
          <Logo className="size-8" />
          <span className="text-lg font-semibold tracking-tight">ClaudiOS</span>
        </div>
        <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
        {lead && <p className="mt-1 text-sm text-ink-2">{lead}</p>}
        <div className="mt-6">{children}</div>
      </div>
    </main>
  );
}
