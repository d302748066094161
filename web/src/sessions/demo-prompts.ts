/** Prompts to which the scripted demo model has a good answer. */
export const DEMO_PROMPTS = [
  "run touch hello.txt",
  "count to 100",
  "write a file",
  "edit a file",
  "show markdown",
  "ask me a question",
  "think about it",
  "tell a long story",
] as const;
