import { CircleHelp } from "lucide-react";
import { type FormEvent, useId } from "react";
import type { JsonObject, Request } from "../../api/types";
import { Button } from "../../ui/button";
import { cx } from "../../ui/cx";
import { inputClass } from "../../ui/field";
import { visible } from "../../ui/visible";
import { Code } from "../markdown/code";
import { isObject, text } from "../tools/summary";
import { useBegun } from "./begun";
import type { CardProps } from "./card";

interface Question {
  question: string;
  header: string;
  isMultiple: boolean;
  options: { label: string; description: string; preview: string }[];
}

interface Given {
  labels: string[];
  other: string;
}

const NOTHING: Record<string, Given> = {};

/** Claude asks something: options to choose from, and room for words of one's own. */
export function QuestionCard({ requests: [request], isBusy, answer }: CardProps) {
  const questions = questionsOf(request);
  const [given, setGiven] = useBegun<Record<string, Given>>(request, "given", NOTHING);
  const of = (question: string): Given => given[question] ?? { labels: [], other: "" };
  const isComplete = questions.every(
    ({ question }) => of(question).labels.length > 0 || of(question).other.trim() !== "",
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    answer({ behavior: "allow", answers: answersOf(questions, of) });
  };
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <div className="thin-scroll min-h-0 flex-1 overflow-y-auto px-4 pt-3">
        {questions.map((question) => (
          <OneQuestion
            key={question.question}
            question={question}
            given={of(question.question)}
            onChange={(next) => setGiven({ ...given, [question.question]: next })}
          />
        ))}
      </div>
      <footer className="flex items-center gap-2 px-4 py-3">
        <Button type="submit" look="primary" disabled={isBusy || !isComplete}>
          Answer
        </Button>
        <span className="flex-1" />
        <Button
          look="ghost"
          disabled={isBusy}
          onClick={() => answer({ behavior: "deny", message: "The user chose not to answer this question." })}
        >
          Do not answer
        </Button>
      </footer>
    </form>
  );
}

function OneQuestion({
  question,
  given,
  onChange,
}: {
  question: Question;
  given: Given;
  onChange: (given: Given) => void;
}) {
  const name = useId();
  const choose = (label: string, isChosen: boolean) => {
    if (!question.isMultiple) return onChange({ labels: [label], other: "" });
    const others = given.labels.filter((each) => each !== label);
    return onChange({ ...given, labels: isChosen ? [...others, label] : others });
  };
  return (
    <fieldset className="mb-4 last:mb-0">
      <legend className="flex items-start gap-2.5 font-semibold">
        <CircleHelp aria-hidden className="mt-0.5 size-4.5 shrink-0 text-warn" />
        <span>
          {question.header !== "" && (
            <span className="mr-2 rounded-md bg-hover px-1.5 py-0.5 text-xs font-medium text-ink-2">
              {visible(question.header)}
            </span>
          )}
          {visible(question.question)}
          {question.isMultiple && <span className="ml-2 text-xs font-normal text-ink-3">several may be chosen</span>}
        </span>
      </legend>
      <div className="mt-2 flex flex-col gap-1.5">
        {question.options.map(({ label, description, preview }) => {
          const isChosen = given.labels.includes(label);
          return (
            <div key={label}>
              <label
                className={cx(
                  "flex cursor-pointer items-start gap-2.5 rounded-lg border px-3 py-2 text-sm touch:py-2.5",
                  isChosen ? "border-accent bg-accent-soft" : "border-line hover:bg-hover",
                )}
              >
                <input
                  type={question.isMultiple ? "checkbox" : "radio"}
                  name={name}
                  checked={isChosen}
                  onChange={(event) => choose(label, event.target.checked)}
                  className="mt-1 accent-accent"
                />
                <span className="min-w-0">
                  <span className="block font-medium [overflow-wrap:anywhere]">{visible(label)}</span>
                  {description && (
                    <span className="block text-xs [overflow-wrap:anywhere] text-ink-2">{visible(description)}</span>
                  )}
                </span>
              </label>
              {preview !== "" && (
                <div className="mt-1 ml-7 overflow-hidden rounded-lg border border-line bg-sunken">
                  <Code
                    code={preview}
                    language="markdown"
                    label={`Preview of ${visible(label)}`}
                    className="max-h-48"
                  />
                </div>
              )}
            </div>
          );
        })}
        <input
          aria-label={`Another answer to: ${visible(question.question)}`}
          placeholder="Something else…"
          value={given.other}
          onChange={(event) => onChange({ labels: question.isMultiple ? given.labels : [], other: event.target.value })}
          className={cx(inputClass, "h-9 touch:h-11")}
        />
      </div>
    </fieldset>
  );
}

function questionsOf(request: Request): Question[] {
  const { questions } = request.input;
  return (Array.isArray(questions) ? questions : []).filter(isObject).map((question) => ({
    question: text(question.question),
    header: text(question.header),
    isMultiple: question.multiSelect === true,
    options: optionsOf(question),
  }));
}

function optionsOf(question: JsonObject): Question["options"] {
  return (Array.isArray(question.options) ? question.options : []).filter(isObject).map((option) => ({
    label: text(option.label),
    description: text(option.description),
    preview: text(option.preview),
  }));
}

/** Answers as the CLI takes them: by the question's own words; several choices joined by commas. */
function answersOf(questions: readonly Question[], of: (question: string) => Given): Record<string, string> {
  return Object.fromEntries(
    questions.map(({ question }) => {
      const { labels, other } = of(question);
      return [question, [...labels, other.trim()].filter((part) => part !== "").join(", ")];
    }),
  );
}
