import type { ReactNode } from "react";
import { cx } from "./cx";

const TONES = {
  neutral: "bg-hover text-ink-2",
  accent: "bg-accent-soft text-accent",
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  info: "bg-info-soft text-info",
};

export function Badge({
  tone = "neutral",
  title,
  children,
}: {
  tone?: keyof typeof TONES;
  title?: string;
  children: ReactNode;
}) {
  return (
    <span
      title={title}
      className={cx(
        "inline-flex h-[1.125rem] shrink-0 items-center rounded px-1.5 text-2xs font-medium whitespace-nowrap",
        TONES[tone],
      )}
    >
      {children}
    </span>
  );
}

export const DEMO_MEANING =
  "Demo: the real Claude CLI runs here, but a small script on that machine answers in place of the model. No account is used.";

export function DemoBadge() {
  return (
    <Badge tone="accent" title={DEMO_MEANING}>
      DEMO
    </Badge>
  );
}
