import { useState } from "react";
import { cx } from "../ui/cx";
import { Dialog, DialogBody } from "../ui/dialog";

const LOOKS = { tiny: "size-7 object-cover", small: "size-20 object-cover", large: "h-48 w-64 object-contain" };

/** Images of the server's own, or held by the page: small, and whole when one is pressed. */
export function Pictures({ sources, look = "small" }: { sources: readonly string[]; look?: keyof typeof LOOKS }) {
  const [opened, setOpened] = useState<string | null>(null);
  const [shown, setShown] = useState("");
  if (sources.length === 0) return null;
  return (
    <>
      <ul className={cx("flex flex-wrap", look === "tiny" ? "mr-1.5 gap-1" : "gap-2")}>
        {sources.map((source, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: its place is what it is, and a source may be the whole image
          <li key={at}>
            <button
              type="button"
              aria-label={`Open image ${at + 1} of ${sources.length}`}
              onClick={() => {
                setOpened(source);
                setShown(source);
              }}
              className="block overflow-hidden rounded-lg border border-line bg-sunken hover:border-line-strong"
            >
              <img src={source} alt="" decoding="async" className={LOOKS[look]} />
            </button>
          </li>
        ))}
      </ul>
      <Dialog title="Image" isOpen={opened !== null} onClose={() => setOpened(null)} isWide>
        <DialogBody>
          <img src={shown} alt="The whole of it" className="mx-auto max-h-[70dvh] max-w-full object-contain" />
        </DialogBody>
      </Dialog>
    </>
  );
}
