import { Check, ChevronDown, ListChecks } from "lucide-react";
import type { PermissionMode } from "../../api/types";
import { useSession } from "../../live/hooks";
import { PERMISSION_MODES, useAllowedModes } from "../../sessions/permission-modes";
import { Button } from "../../ui/button";
import { TextArea } from "../../ui/field";
import { Menu, MenuItem } from "../../ui/menu";
import { Scrollable } from "../../ui/scrollable";
import { visible } from "../../ui/visible";
import { Markdown } from "../markdown/markdown";
import { text } from "../tools/summary";
import { useBegun } from "./begun";
import type { CardProps } from "./card";
import { isWhole } from "./change-input";
import { Reason } from "./reason";

/** Claude proposes a plan: approve it as it is or edited, in which mode, or send it back. */
export function PlanCard({ requests: [request], isBusy, answer }: CardProps) {
  const plan = text(request.input.plan);
  const [isSendingBack, setSendingBack, isNewReason] = useBegun(request, "sending back", false);
  const session = useSession(request.session_id);
  const modes = useAllowedModes(session?.agent_id ?? "").filter((mode) => mode !== "plan");
  const [edited, edit, isNewEdit] = useBegun<string | null>(request, "plan", null);
  const approve = (permission_mode?: PermissionMode) =>
    answer({
      behavior: "allow",
      ...(edited !== null && edited !== plan && { updated_input: { ...request.input, plan: edited } }),
      ...(permission_mode && { permission_mode }),
    });
  return (
    <>
      <header className="flex items-center gap-2.5 px-4 pt-3 pb-2">
        <ListChecks aria-hidden className="size-4.5 text-warn" />
        <h2 className="flex-1 font-semibold">Claude proposes a plan</h2>
        {plan !== "" && isWhole(plan) && !isSendingBack && (
          <Button size="small" look="ghost" onClick={() => edit(edited === null ? plan : null)}>
            {edited === null ? "Edit" : "Discard edits"}
          </Button>
        )}
      </header>
      {edited === null ? (
        <Scrollable label="The plan" className="mx-4 min-h-0 flex-1 rounded-lg border border-line bg-sunken px-4 py-3">
          {plan === "" ? (
            <p className="text-sm text-ink-2">The plan stands in the messages above.</p>
          ) : (
            <Markdown text={visible(plan)} />
          )}
        </Scrollable>
      ) : (
        <TextArea
          autoFocus={isNewEdit}
          label="The plan that Claude carries out"
          rows={12}
          value={edited}
          onChange={(event) => edit(event.target.value)}
          className="mx-4 min-h-0 flex-1 [&_textarea]:min-h-0 [&_textarea]:flex-1 [&_textarea]:font-mono [&_textarea]:text-xs"
        />
      )}
      {isSendingBack ? (
        <Reason
          request={request}
          label="What should the plan do differently? Claude reads this."
          takesFocus={isNewReason}
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
            title="Go on in the mode from before the planning"
            icon={<Check aria-hidden className="size-4" />}
            onClick={() => approve()}
          >
            Approve
          </Button>
          {modes.length > 0 && (
            <Menu
              align="start"
              side="top"
              trigger={
                <Button disabled={isBusy}>
                  Approve in mode <ChevronDown aria-hidden className="size-3.5 text-ink-3" />
                </Button>
              }
            >
              {modes.map((mode) => (
                <MenuItem key={mode} onSelect={() => approve(mode)}>
                  <span>
                    {PERMISSION_MODES[mode].label}
                    <span className="block text-xs text-ink-3">{PERMISSION_MODES[mode].description}</span>
                  </span>
                </MenuItem>
              ))}
            </Menu>
          )}
          <span className="flex-1" />
          <Button look="ghost" disabled={isBusy} onClick={() => setSendingBack(true)}>
            Keep planning
          </Button>
        </footer>
      )}
    </>
  );
}
