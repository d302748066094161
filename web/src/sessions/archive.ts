import { sessions } from "../api/resources";
import type { Session } from "../api/types";
import type { Store } from "../live/store";
import { attempt, tell } from "../ui/toast";

/** Put an ended session out of the way, or bring it back; either is undone from what is said about it. */
export function setArchived(store: Store, session: Session, isArchived: boolean): Promise<boolean> {
  return attempt(isArchived ? "The session was not archived" : "The session stays archived", async () => {
    store.putSession(await sessions.setArchived(session.id, isArchived));
    tell(isArchived ? "Archived." : "Back in the list.", () => void setArchived(store, session, !isArchived));
  });
}
