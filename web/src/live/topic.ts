/** Names of what one can listen to. */
export const topic = {
  connection: "connection",
  sessions: "sessions",
  agents: "agents",
  requests: "requests",
  unsent: "unsent",
  session: (id: string) => `session:${id}`,
  transcript: (id: string) => `transcript:${id}`,
  item: (id: string, no: number) => `item:${id}:${no}`,
  children: (id: string, toolUseId: string) => `children:${id}:${toolUseId}`,
  queue: (id: string) => `queue:${id}`,
  outbox: (id: string) => `outbox:${id}`,
} as const;
