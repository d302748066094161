import type { ToolItem } from "../../api/types";
import { visible } from "../../ui/visible";
import { Markdown } from "../markdown/markdown";
import { detailOf, FailedResult, list } from "./parts";
import { isObject, text } from "./summary";

/** A plan that was proposed, and why it was sent back where it was. */
export function Plan({ item }: { item: ToolItem }) {
  const plan = text(detailOf(item).plan) || text(item.body.input.plan);
  return (
    <>
      {plan !== "" && (
        <div className="px-3 py-2">
          <Markdown text={visible(plan)} />
        </div>
      )}
      <FailedResult item={item} />
    </>
  );
}

/** Questions that were asked, each with its answer. */
export function Questions({ item }: { item: ToolItem }) {
  const { answers } = detailOf(item);
  const given = isObject(answers) ? answers : {};
  return (
    <>
      <dl className="flex flex-col gap-2 px-3 py-2.5 text-sm">
        {list(item.body.input.questions).map((question, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the questions of one call keep their places
          <div key={at}>
            <dt className="[overflow-wrap:anywhere] text-ink-2">{visible(text(question.question))}</dt>
            <dd className="font-medium whitespace-pre-wrap [overflow-wrap:anywhere]">
              {visible(text(given[text(question.question)])) || <span className="text-ink-3">No answer</span>}
            </dd>
          </div>
        ))}
      </dl>
      <FailedResult item={item} />
    </>
  );
}
