import { Check, ListChecks } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button";
import { Scrollable } from "../../ui/scrollable";
import { visible } from "../../ui/visible";
import { Markdown } from "../markdown/markdown";
import { text } from "../tools/summary";
import type { CardProps } from "./dock";
import { Reason } from "./reason";

/** Claude proposes a plan: approve it, in one of the modes it suggests, or send it back. */
export function PlanCard({ request, isBusy, answer }: CardProps) {
  const [isSendingBack, setSendingBack] = useState(false);
  const plan = text(request.input.plan);
  return (
    <>
      <header className="flex items-center gap-2.5 px-4 pt-3 pb-2">
        <ListChecks aria-hidden className="size-4.5 text-warn" />
        <h2 className="font-semibold">Claude proposes a plan</h2>
      </header>
      <Scrollable label="The plan" className="mx-4 min-h-0 flex-1 rounded-lg border border-line bg-sunken px-4 py-3">
        {plan === "" ? (
          <p className="text-sm text-ink-2">The plan stands in the messages above.</p>
        ) : (
          <Markdown text={visible(plan)} />
        )}
      </Scrollable>
      {isSendingBack ? (
        <Reason
          label="What should the plan do differently? Claude reads this."
          isBusy={isBusy}
          onBack={() => setSendingBack(false)}
          actions={[
            { label: "Keep planning", act: (message) => answer({ behavior: "deny", ...(message && { message }) }) },
          ]}
        />
      ) : (
        <footer className="flex flex-wrap items-center gap-2 px-4 py-3">
          <Button
            look="allow"
            disabled={isBusy}
            icon={<Check aria-hidden className="size-4" />}
            onClick={() => answer({ behavior: "allow" })}
          >
            Approve
          </Button>
          {request.suggestions.map(({ label }, at) => (
            <Button
              // biome-ignore lint/suspicious/noArrayIndexKey: a suggestion is answered by its place
              key={at}
              disabled={isBusy}
              onClick={() => answer({ behavior: "allow", suggestions: [at] })}
            >
              Approve: {label}
            </Button>
          ))}
          <span className="flex-1" />
          <Button look="ghost" disabled={isBusy} onClick={() => setSendingBack(true)}>
            Keep planning
          </Button>
        </footer>
      )}
    </>
  );
}
