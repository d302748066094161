import { DEMO_MEANING, DemoBadge } from "../ui/badge";
import { DEMO_PROMPTS } from "./demo-prompts";

/** What one may ask the scripted model. */
export function DemoExamples({ onChoose }: { onChoose: (prompt: string) => void }) {
  return (
    <div className="-mt-1 flex flex-col gap-2">
      <p className="text-xs text-ink-2">
        <DemoBadge /> {DEMO_MEANING.replace("Demo: the", "The")} Try one:
      </p>
      <ul className="flex flex-wrap gap-1.5">
        {DEMO_PROMPTS.map((example) => (
          <li key={example}>
            <button
              type="button"
              onClick={() => onChoose(example)}
              className="h-7 rounded-full border border-line-strong bg-surface px-2.5 text-xs text-ink-2 hover:bg-hover hover:text-ink touch:h-9"
            >
              {example}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
