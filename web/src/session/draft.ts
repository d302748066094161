/** Where a session's draft is kept. */
export const draftKey = (sessionId: string) => `claudios.draft.${sessionId}`;
