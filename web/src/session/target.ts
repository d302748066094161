import type { Virtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { sessions } from "../api/resources";
import { useLive, useTranscript } from "../live/hooks";
import type { Transcripts } from "../live/transcripts";
import { tellFailure } from "../ui/toast";
import { useUnfold } from "./open-state";

/** The row in which an item stands, and the rows to unfold for it: what a subagent said stands in its call. */
export function rowOf(transcripts: Transcripts, sessionId: string, no: number): { row: number; unfold: number[] } {
  const { order } = transcripts.view(sessionId);
  const unfold = [no];
  let row = order.indexOf(no);
  for (let item = transcripts.item(sessionId, no); row === -1 && item?.parent; ) {
    const { parent } = item;
    const known = transcripts.callOf(sessionId, parent);
    if (known === undefined) break;
    unfold.push(known);
    row = order.indexOf(known);
    item = transcripts.item(sessionId, known);
  }
  if (row === -1)
    row = Math.max(
      0,
      order.findLastIndex((each) => each <= no),
    ); // it is gone: the nearest before it
  return { row, unfold };
}

/** How far back a place may be for the transcript to be loaded to it: all of that is kept, a thousand at a time. */
export const FARTHEST_ITEMS = 20_000;

/** Where the item is that one has come for. */
export interface Target {
  /** The number of the row's item that it is shown in. */
  found: number | undefined;
  /** How many items are still to be loaded before it is here. */
  toLoad: number;
  /** Whether these are too many: nothing is loaded for it. */
  isTooFar: boolean;
}

const NOWHERE: Target = { found: undefined, toLoad: 0, isTooFar: false };

/**
 * Go to an item once: load the transcript back to where it is, unfold it and bring it to the middle. Loading ends when
 * another item is asked for, or none.
 */
export function useTarget(
  sessionId: string,
  target: number | undefined,
  virtualizer: Pick<Virtualizer<HTMLDivElement, Element>, "scrollToIndex">,
  letGo: () => void,
): Target {
  const { store } = useLive();
  const { order, hasEarlier, isLoaded } = useTranscript(sessionId);
  const unfold = useUnfold();
  const [arrived, setArrived] = useState<number | undefined>(undefined);
  const asked = useRef<number | undefined>(undefined);
  const first = order[0];
  const toLoad = target === undefined || first === undefined || !hasEarlier ? 0 : Math.max(0, first - target);
  const isTooFar = toLoad > FARTHEST_ITEMS;
  useEffect(() => {
    if (target === undefined || arrived === target || !isLoaded || first === undefined || isTooFar) return;
    letGo();
    if (target < first && hasEarlier) {
      if (asked.current === first) return;
      asked.current = first;
      sessions.itemsBefore(sessionId, first, PAGE).then(
        (page) => store.transcripts.takeEarlier(sessionId, page),
        (failure) => {
          asked.current = undefined;
          tellFailure("The place could not be loaded", failure);
        },
      );
      return;
    }
    const found = rowOf(store.transcripts, sessionId, target);
    for (const no of found.unfold) unfold(`${sessionId}:${no}`);
    virtualizer.scrollToIndex(found.row, { align: "center" });
    setArrived(target); // its row is drawn anew only now, when what it is to unfold is known
  }, [target, arrived, isLoaded, first, hasEarlier, isTooFar, sessionId, store, virtualizer, letGo, unfold]);
  if (target === undefined || !isLoaded || first === undefined) return NOWHERE;
  if (toLoad > 0) return { found: undefined, toLoad, isTooFar };
  if (arrived !== target) return NOWHERE;
  return { ...NOWHERE, found: order[rowOf(store.transcripts, sessionId, target).row] };
}

const PAGE = 1000;
