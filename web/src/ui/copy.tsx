import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./button";
import { cx } from "./cx";
import { tell } from "./toast";

/** Copy text and say for a moment that it is done. What is costly to compose is given as a function. */
function useCopy(text: string | (() => string)): [boolean, () => void] {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () => {
    navigator.clipboard?.writeText(typeof text === "string" ? text : text()).then(
      () => setCopied(true),
      () => tell("The browser did not allow copying. Select the text and copy it yourself."),
    ) ?? tell("Copying needs https or localhost. Select the text and copy it yourself.");
  };
  return [isCopied, copy];
}

export function CopyIcon({
  text,
  label,
  className,
}: {
  text: string | (() => string);
  label: string;
  className?: string;
}) {
  const [isCopied, copy] = useCopy(text);
  return (
    <IconButton label={isCopied ? "Copied" : label} onClick={copy} className={cx(className, isCopied && "text-ok")}>
      {isCopied ? <Check aria-hidden /> : <Copy aria-hidden />}
    </IconButton>
  );
}

/** A secret or command shown once, in full, with a button that copies it. */
export function CopyBox({ label, text }: { label: string; text: string }) {
  const [isCopied, copy] = useCopy(text);
  return (
    <div className="flex flex-col gap-1.5">
      <span className="text-sm font-medium">{label}</span>
      <div className="flex items-start gap-2 rounded-lg border border-line bg-sunken p-2 pl-3">
        <code className="min-w-0 flex-1 py-1 font-mono text-xs leading-5 break-all select-all">{text}</code>
        <Button
          size="small"
          onClick={copy}
          aria-label={`${isCopied ? "Copied" : "Copy"} ${label.toLowerCase()}`}
          icon={isCopied ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
        >
          {isCopied ? "Copied" : "Copy"}
        </Button>
      </div>
    </div>
  );
}
