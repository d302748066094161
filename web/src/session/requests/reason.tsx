import { useEffect, useId, useRef } from "react";
import type { Request } from "../../api/types";
import { Button } from "../../ui/button";
import { inputClass } from "../../ui/field";
import { useBegun } from "./begun";

/** A line of words to go with an answer, and the answers they can go with; Enter gives the first. */
export function Reason({
  request,
  label,
  takesFocus,
  isBusy,
  actions,
  onBack,
}: {
  request: Request;
  label: string;
  takesFocus: boolean;
  isBusy: boolean;
  actions: readonly { label: string; act: (message: string) => void }[];
  onBack: () => void;
}) {
  const [message, setMessage] = useBegun(request, "reason", "");
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => {
    if (takesFocus) input.current?.focus();
  }, [takesFocus]);
  return (
    <form
      className="flex flex-col gap-2 px-4 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        actions[0]?.act(message.trim());
      }}
    >
      <label htmlFor={id} className="text-xs text-ink-2">
        {label}
      </label>
      <input
        id={id}
        ref={input}
        value={message}
        onChange={(event) => setMessage(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          onBack();
        }}
        className={`${inputClass} h-9 touch:h-11`}
      />
      <div className="flex flex-wrap gap-2">
        {actions.map(({ label, act }, at) => (
          <Button
            key={label}
            type={at === 0 ? "submit" : "button"}
            look="danger"
            disabled={isBusy}
            {...(at > 0 && { onClick: () => act(message.trim()) })}
          >
            {label}
          </Button>
        ))}
        <Button look="ghost" onClick={onBack}>
          Back
        </Button>
      </div>
    </form>
  );
}
