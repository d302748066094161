import { type KeyboardEvent, type ReactNode, useState } from "react";
import { ApiError } from "../../api/http";
import { requests as requestsApi } from "../../api/resources";
import type { Answer, Request } from "../../api/types";
import { useLive, useStanding } from "../../live/hooks";
import { cx } from "../../ui/cx";
import { tell, tellFailure } from "../../ui/toast";
import { PermissionCard } from "./permission";
import { PlanCard } from "./plan";
import { QuestionCard } from "./question";

/** What a request's card needs: the request, the equal ones that are answered with it, and how to answer. */
export interface CardProps {
  requests: readonly [Request, ...Request[]];
  isBusy: boolean;
  answer: (answer: Answer) => void;
}

/**
 * One request, or several equal ones that get the same answer. While the focus is inside, A allows and D denies what was
 * asked, not what one has begun to say to it. As an `article`, one of a list, it can have the focus itself.
 */
export function RequestCard({
  requests,
  mayAnswer,
  isSettling,
  frame: Frame,
  label,
  header,
  className,
}: {
  requests: readonly [Request, ...Request[]];
  mayAnswer: boolean;
  isSettling: boolean;
  frame: "section" | "article";
  label: string;
  header?: ReactNode;
  className: string;
}) {
  const { store } = useLive();
  const [isBusy, setBusy] = useState(false);
  const [request] = requests;
  const answerOne = async (asked: Request, given: Answer) => {
    try {
      store.putRequest(await requestsApi.answer(asked.session_id, asked.id, given));
    } catch (failure) {
      if (failure instanceof ApiError && failure.code === "conflict") tell(failure.message);
      else tellFailure("The answer was not sent", failure);
    }
  };
  const answer = (given: Answer) => {
    setBusy(true);
    void Promise.all(requests.map((asked) => answerOne(asked, given))).finally(() => setBusy(false));
  };
  const { isCutOff } = useStanding();
  const isUnable = isBusy || isCutOff || isSettling || !mayAnswer;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const given = SHORTCUTS[event.key.toLowerCase()];
    const isOrdinary = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
    if (given === undefined || isOrdinary || isUnable || request.kind !== "permission" || isElsewhere(event)) return;
    event.preventDefault();
    answer(given);
  };
  return (
    <Frame
      aria-label={label}
      onKeyDown={onKeyDown}
      className={cx("appear flex flex-col bg-raised", className)}
      {...(Frame === "article" && { tabIndex: 0 })}
    >
      {header}
      {cardOf({ requests, isBusy: isUnable, answer })}
    </Frame>
  );
}

const SHORTCUTS: Record<string, Answer> = { a: { behavior: "allow" }, d: { behavior: "deny" } };

function isElsewhere({ target, currentTarget }: KeyboardEvent<HTMLElement>): boolean {
  if (!(target instanceof HTMLElement) || !currentTarget.contains(target)) return true; // a menu, which is drawn elsewhere
  return currentTarget.querySelector("form") !== null || target.matches("input, textarea, select");
}

function cardOf(props: CardProps): ReactNode {
  switch (props.requests[0].kind) {
    case "permission":
      return <PermissionCard {...props} />;
    case "question":
      return <QuestionCard {...props} />;
    case "plan":
      return <PlanCard {...props} />;
  }
}
