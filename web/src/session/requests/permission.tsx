import { Check, ChevronDown, ShieldQuestion } from "lucide-react";
import { useState } from "react";
import type { Request } from "../../api/types";
import { Button } from "../../ui/button";
import { Menu, MenuItem } from "../../ui/menu";
import { visible } from "../../ui/visible";
import { Code } from "../markdown/code";
import { languageOf } from "../markdown/highlight-names";
import { EditDiff } from "../tools/bodies";
import { Diff } from "../tools/diff";
import { isObject, path, summarize, text } from "../tools/summary";
import type { CardProps } from "./card";
import { ChangeInput, isWhole } from "./change-input";
import { Reason } from "./reason";

/** Claude asks whether it may use a tool: exactly what for, and the ways to answer. */
export function PermissionCard({ request, count, isBusy, answer }: CardProps) {
  const [doing, setDoing] = useState<"deny" | "change" | null>(null);
  const all = count > 1 ? ` all ${count}` : "";
  const { verb, subject } = summarize(request.tool_name, request.input);
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
          <Asked request={request} fallback={`${verb} ${subject}`} />
        </div>
      )}
      {doing === "change" ? (
        <ChangeInput request={request} isBusy={isBusy} answer={answer} onBack={() => setDoing(null)} />
      ) : doing === "deny" ? (
        <Reason
          label="Why not? Claude reads this."
          isBusy={isBusy}
          onBack={() => setDoing(null)}
          actions={[
            { label: "Deny", act: (message) => answer({ behavior: "deny", ...(message && { message }) }) },
            {
              label: "Deny and stop",
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
  Read: "May Claude read this file?",
  WebFetch: "May Claude fetch this page?",
  WebSearch: "May Claude search the web?",
};

function Asked({ request, fallback }: { request: Request; fallback: string }) {
  const { tool_name, input } = request;
  switch (tool_name) {
    case "Bash":
      return <Code code={text(input.command)} language="bash" label="Command" isWrapped />;
    case "Write":
      return (
        <>
          <FileName name={input.file_path} />
          <Diff before="" after={text(input.content)} label="Content to write" />
        </>
      );
    case "Edit":
      return (
        <>
          <FileName name={input.file_path} />
          <EditDiff input={input} />
        </>
      );
    case "MultiEdit":
      return (
        <>
          <FileName name={input.file_path} />
          {(Array.isArray(input.edits) ? input.edits : []).filter(isObject).map((edit, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the edits of one call keep their places
            <EditDiff key={at} input={edit} />
          ))}
        </>
      );
    case "Read":
      return <FileName name={input.file_path} />;
    default:
      return Object.keys(input).length === 0 ? (
        <p className="px-3 py-2 text-sm">{fallback}</p>
      ) : (
        <Code code={JSON.stringify(input, null, 2)} language={languageOf("input.json")} label="Input" />
      );
  }
}

function FileName({ name }: { name: Request["input"][string] | undefined }) {
  return (
    <p
      className="border-b border-line px-3 py-1.5 font-mono text-xs [overflow-wrap:anywhere] last:border-0"
      title={visible(text(name))}
    >
      {visible(path(name))}
    </p>
  );
}
