import { Link } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import type { Agent } from "../api/types";
import { Ago } from "../ui/time";

/** What the agent says went wrong on its machine and is not over. */
export function AgentErrors({ agent }: { agent: Agent }) {
  if (agent.errors.length === 0) return null;
  return (
    <ul aria-label={`Errors of ${agent.name}`} className="space-y-1.5 border-t border-line px-4 py-2.5 text-sm">
      {agent.errors.map((error) => (
        <li key={`${error.code} ${error.session_id}`} className="flex gap-2">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
          <div className="min-w-0 [overflow-wrap:anywhere]">
            {error.message}{" "}
            <span className="text-xs text-ink-3">
              <Ago ms={error.last_ms} />
              {error.times > 1 && `, ${error.times} times`}
              {error.session_id !== null && (
                <>
                  {" · "}
                  <Link
                    to="/sessions/$sessionId"
                    params={{ sessionId: error.session_id }}
                    className="underline decoration-line-strong underline-offset-2 hover:decoration-ink"
                  >
                    session
                  </Link>
                </>
              )}
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}
