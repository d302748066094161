import { useState } from "react";
import { ApiError } from "../../api/http";
import { requests as requestsApi } from "../../api/resources";
import type { Answer, Request } from "../../api/types";
import { useLive, usePendingRequests } from "../../live/hooks";
import { tell, tellFailure } from "../../ui/toast";
import { PermissionCard } from "./permission";
import { PlanCard } from "./plan";
import { QuestionCard } from "./question";

/** What a request card needs: the request, whether its answer is under way, and how to give it. */
export interface CardProps {
  request: Request;
  isBusy: boolean;
  answer: (answer: Answer) => void;
}

/** What waits for a person in this session, above the composer, the oldest first. */
export function RequestDock({ sessionId, mayAnswer }: { sessionId: string; mayAnswer: boolean }) {
  const pending = usePendingRequests().filter(({ session_id }) => session_id === sessionId);
  const [first] = pending;
  if (first === undefined) return null;
  return (
    <section
      aria-label="Waiting for you"
      className="appear mx-auto mb-2 flex max-h-[min(30rem,52dvh)] w-full max-w-3xl flex-col overflow-hidden rounded-xl border border-warn-line bg-raised shadow-float"
    >
      {pending.length > 1 && (
        <p className="border-b border-line px-4 py-1.5 text-xs text-ink-2">1 of {pending.length} that wait for you</p>
      )}
      <Card key={first.id} request={first} mayAnswer={mayAnswer} />
    </section>
  );
}

function Card({ request, mayAnswer }: { request: Request; mayAnswer: boolean }) {
  const { store } = useLive();
  const [isBusy, setBusy] = useState(false);
  const answer = async (given: Answer) => {
    setBusy(true);
    try {
      store.putRequest(await requestsApi.answer(request.session_id, request.id, given));
    } catch (failure) {
      if (failure instanceof ApiError && failure.code === "conflict") tell(failure.message);
      else tellFailure("The answer was not sent", failure);
      setBusy(false);
    }
  };
  const props: CardProps = { request, isBusy: isBusy || !mayAnswer, answer };
  switch (request.kind) {
    case "permission":
      return <PermissionCard {...props} />;
    case "question":
      return <QuestionCard {...props} />;
    case "plan":
      return <PlanCard {...props} />;
  }
}
