import { sessions } from "../api/resources";
import { Button } from "../ui/button";
import { useUnderWay } from "../ui/under-way";

/** Stops what runs in the background; it spins until the task has stopped. */
export function StopTask({ sessionId, taskId }: { sessionId: string; taskId: string }) {
  const { isUnderWay, run } = useUnderWay(taskId);
  const stop = () => void run("The task was not stopped", () => sessions.stopTask(sessionId, taskId));
  return (
    <Button size="small" needsServer isBusy={isUnderWay} onClick={stop}>
      Stop
    </Button>
  );
}
