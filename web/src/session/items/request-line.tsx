import { Ban, CircleCheck, CircleHelp, CircleMinus } from "lucide-react";
import type { JsonObject, RequestItem } from "../../api/types";
import { useRequest } from "../../live/hooks";
import { clock } from "../../ui/format";
import { visible } from "../../ui/visible";

/** What was asked of a person here, and who answered; while it is open, it is answered above the composer. */
export function RequestLine({ item, sessionId }: { item: RequestItem; sessionId: string }) {
  const request = useRequest(sessionId, item.body.request_id);
  const state = request?.state ?? item.body.state;
  const answer = request?.answer ?? item.body.answer;
  const who = request?.answered_by ?? item.body.answered_by;
  const when = request?.answered_ms ?? null;
  const asked = ASKED[item.body.kind];
  return (
    <p className="flex items-start gap-2 text-xs leading-5 text-ink-3 [&_svg]:mt-[0.1875rem] [&_svg]:size-3.5 [&_svg]:shrink-0">
      {state === "pending" && (
        <>
          <CircleHelp aria-hidden className="text-warn" />
          <span className="text-warn">{asked.pending}</span>
        </>
      )}
      {state === "withdrawn" && (
        <>
          <CircleMinus aria-hidden />
          <span>{asked.withdrawn}</span>
        </>
      )}
      {state === "answered" && (
        <>
          {answer === "deny" ? (
            <Ban aria-hidden className="text-warn" />
          ) : (
            <CircleCheck aria-hidden className="text-ok" />
          )}
          <span>
            {answer === "deny" ? asked.denied : asked.allowed}
            {who && ` by ${who}`}
            {when !== null && ` at ${clock(when)}`}
            {item.body.changed && ", with another input"}
            <Given input={item.body.input_given ?? {}} />
            <Said body={item.body} />
          </span>
        </>
      )}
    </p>
  );
}

/** What the tool got in place of what was asked. A server of before did not keep it. */
function Given({ input }: { input: JsonObject }) {
  return Object.entries(input).map(([name, value]) => (
    <span key={name} className="mt-1 block rounded-lg border border-line bg-sunken px-3 py-2 text-ink">
      <span className="mb-0.5 block text-ink-3">{visible(name)}</span>
      <code className="block font-mono [overflow-wrap:anywhere] whitespace-pre-wrap">
        {visible(typeof value === "string" ? value : JSON.stringify(value, null, 2))}
      </code>
    </span>
  ));
}

/** What the server tells Claude where a person gave no reason. */
const DENIED_WITHOUT_A_WORD = "The person who steers this session does not want this to be done.";

/** What was said with the answer. A server of before did not keep it. */
function Said({ body }: { body: RequestItem["body"] }) {
  const said = [
    ...(body.message && body.message !== DENIED_WITHOUT_A_WORD ? [body.message] : []),
    ...(body.lasting ?? []),
    ...Object.entries(body.answers ?? {}).map(([question, answer]) => `${question} ${answer}`),
  ];
  return said.map((words) => (
    <span key={words} className="block text-ink-2 [overflow-wrap:anywhere] whitespace-pre-wrap">
      {visible(words)}
    </span>
  ));
}

const ASKED = {
  permission: {
    pending: "Waiting for your permission",
    withdrawn: "The request for permission was withdrawn",
    allowed: "Allowed",
    denied: "Denied",
  },
  question: {
    pending: "Waiting for your answer",
    withdrawn: "The question was withdrawn",
    allowed: "Answered",
    denied: "Not answered: turned down",
  },
  plan: {
    pending: "Waiting for you to approve the plan",
    withdrawn: "The plan was withdrawn",
    allowed: "Plan approved",
    denied: "Sent back to planning",
  },
};
