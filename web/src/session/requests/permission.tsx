import { Check, ChevronDown, ShieldQuestion } from "lucide-react";
import { Button } from "../../ui/button";
import { Menu, MenuItem } from "../../ui/menu";
import { visible } from "../../ui/visible";
import { Asked } from "./asked";
import { useBegun } from "./begun";
import type { CardProps } from "./card";
import { ChangeInput, isWhole } from "./change-input";
import { Reason } from "./reason";

/** Claude asks whether it may use a tool: exactly what for, and the ways to answer. */
export function PermissionCard({ requests, isBusy, answer }: CardProps) {
  const [request] = requests;
  const [doing, setDoing, isNew] = useBegun<"deny" | "change" | null>(request, "doing", null);
  const all = requests.length > 1 ? ` all ${requests.length}` : "";
  return (
    <>
      <header className="flex items-start gap-2.5 px-4 pt-3 pb-2">
        <ShieldQuestion aria-hidden className="mt-0.5 size-4.5 shrink-0 text-warn" />
        <div className="min-w-0">
          <h2 className="font-semibold">
            {HEADINGS[request.tool_name] ?? `May Claude use ${visible(request.tool_name)}?`}
          </h2>
          {request.description && (
            <p className="text-sm text-ink-2 [overflow-wrap:anywhere]">{visible(request.description)}</p>
          )}
        </div>
      </header>
      {doing !== "change" && (
        <div className="thin-scroll mx-4 min-h-0 flex-1 overflow-y-auto rounded-lg border border-line bg-sunken">
          <Asked requests={requests} />
        </div>
      )}
      {doing === "change" ? (
        <ChangeInput
          request={request}
          takesFocus={isNew}
          isBusy={isBusy}
          all={all}
          answer={answer}
          onBack={() => setDoing(null)}
        />
      ) : doing === "deny" ? (
        <Reason
          request={request}
          label="Why not? Claude reads this."
          takesFocus={isNew}
          isBusy={isBusy}
          onBack={() => setDoing(null)}
          actions={[
            { label: `Deny${all}`, act: (message) => answer({ behavior: "deny", ...(message && { message }) }) },
            {
              label: `Deny${all} and stop`,
              act: (message) => answer({ behavior: "deny", interrupt: true, ...(message && { message }) }),
            },
          ]}
        />
      ) : (
        <footer className="flex items-center gap-2 px-4 py-3 max-sm:grid max-sm:grid-cols-2">
          <Button
            look="allow"
            className="max-sm:-order-2"
            disabled={isBusy}
            icon={<Check aria-hidden className="size-4" />}
            title="Allow (A)"
            onClick={() => answer({ behavior: "allow" })}
          >
            Allow{all}
          </Button>
          {request.suggestions.length > 0 && (
            <Menu
              align="start"
              side="top"
              trigger={
                <Button disabled={isBusy}>
                  Allow always <ChevronDown aria-hidden className="size-3.5 text-ink-3" />
                </Button>
              }
            >
              {request.suggestions.map(({ label }, at) => (
                <MenuItem
                  // biome-ignore lint/suspicious/noArrayIndexKey: a suggestion is answered by its place
                  key={at}
                  onSelect={() => answer({ behavior: "allow", suggestions: [at] })}
                >
                  <span className="max-w-80 [overflow-wrap:anywhere]">{visible(label)}</span>
                </MenuItem>
              ))}
            </Menu>
          )}
          <span className="flex-1 max-sm:hidden" />
          {isWhole(request.input) && (
            <Button look="ghost" disabled={isBusy} onClick={() => setDoing("change")} className="max-sm:order-4">
              Change
            </Button>
          )}
          <Button look="ghost" disabled={isBusy} onClick={() => setDoing("deny")} className="max-sm:order-3">
            Deny with a reason
          </Button>
          <Button
            look="danger"
            disabled={isBusy}
            title="Deny (D)"
            onClick={() => answer({ behavior: "deny" })}
            className="max-sm:-order-1"
          >
            Deny{all}
          </Button>
        </footer>
      )}
    </>
  );
}

const HEADINGS: Record<string, string> = {
  Bash: "May Claude run this command?",
  Write: "May Claude write this file?",
  Edit: "May Claude change this file?",
  MultiEdit: "May Claude change this file?",
  NotebookEdit: "May Claude change this notebook?",
  Read: "May Claude read this file?",
  WebFetch: "May Claude fetch this page?",
  WebSearch: "May Claude search the web?",
};
