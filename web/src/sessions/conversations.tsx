import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { explain } from "../api/http";
import { conversations, keys } from "../api/resources";
import type { Agent, Conversation, Session } from "../api/types";
import { useLive } from "../live/hooks";
import { Badge } from "../ui/badge";
import { Button, Spinner } from "../ui/button";
import { Dialog, DialogBody, DialogFooter } from "../ui/dialog";
import { Ago } from "../ui/time";
import { visible } from "../ui/visible";

interface ConversationsProps {
  agent: Agent;
  isOpen: boolean;
  onClose: () => void;
  /** One of them goes on as a session. */
  onImported: (session: Session) => void;
}

/** Go on with a conversation that was held on the agent's machine outside of ClaudiOS; the machine is asked now. */
export function Conversations({ agent, isOpen, onClose, onImported }: ConversationsProps) {
  return (
    <Dialog
      title={`Conversations on ${agent.name}`}
      description="Held on this machine outside of ClaudiOS. A session goes on with a copy, and begins with what was said."
      isOpen={isOpen}
      onClose={onClose}
      isWide
    >
      {isOpen && <List agent={agent} onClose={onClose} onImported={onImported} />}
    </Dialog>
  );
}

function List({ agent, onClose, onImported }: Omit<ConversationsProps, "isOpen">) {
  const live = useLive();
  const [chosen, setChosen] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const { data, error, isFetching, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: [...keys.agents, agent.id, "conversations"],
    queryFn: ({ pageParam, signal }) => conversations.list(agent.id, pageParam, signal),
    initialPageParam: 0,
    getNextPageParam: ({ next_skip }) => next_skip,
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
  // One that is written to meanwhile moves to the front, and another stands on two pages then.
  const listed = data?.pages.flatMap((page) => page.conversations) ?? [];
  const found = [...new Map(listed.map((each) => [each.id, each])).values()];
  const goOn = async ({ id }: Conversation) => {
    setChosen(id);
    setFailure(null);
    try {
      const session = await conversations.import(agent.id, id);
      live.store.putSession(session);
      onClose();
      onImported(session);
    } catch (thrown) {
      setFailure(thrown);
      setChosen(null);
    }
  };
  const problem = failure ?? error;
  return (
    <>
      <DialogBody>
        {problem !== null && (
          <p role="alert" className="text-sm text-bad">
            {explain(problem)}
          </p>
        )}
        <ul aria-label="Conversations" aria-busy={isFetching || undefined} className="-mx-2 flex flex-col">
          {found.map((each) => (
            <li key={each.id}>
              <button
                type="button"
                disabled={chosen !== null}
                onClick={() => void goOn(each)}
                className="flex w-full flex-col gap-0.5 rounded-md px-2 py-2 text-left hover:bg-hover disabled:opacity-60"
              >
                <span className="flex w-full min-w-0 items-center gap-2 text-sm">
                  <span className="min-w-0 truncate font-medium [unicode-bidi:plaintext]">
                    {visible(each.title) || "Untitled conversation"}
                  </span>
                  {each.is_running && <Badge>open</Badge>}
                  {chosen === each.id && <Spinner />}
                </span>
                <span className="flex w-full min-w-0 items-center gap-2 text-xs text-ink-3">
                  <Ago ms={each.modified_ms} className="shrink-0" />
                  <span className="min-w-0 truncate font-mono text-2xs [unicode-bidi:plaintext]">
                    {visible(each.directory)}
                  </span>
                </span>
              </button>
            </li>
          ))}
          {data !== undefined && found.length === 0 && !hasNextPage && (
            <li className="px-2 py-1.5 text-sm text-ink-3">
              There is none in the directories that this machine's agent may work in.
            </li>
          )}
        </ul>
        {data === undefined && isFetching && <Spinner />}
        {hasNextPage && (
          <Button size="small" isBusy={isFetching} onClick={() => void fetchNextPage()} className="self-start">
            Show more
          </Button>
        )}
        {data?.pages.at(-1)?.is_cut && !hasNextPage && (
          <p className="text-xs text-ink-3">There are older ones, too many for all to be shown.</p>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
      </DialogFooter>
    </>
  );
}

export function listsConversations(agent: Agent): boolean {
  return agent.online && (agent.machine?.answers?.includes("list_conversations") ?? false);
}
