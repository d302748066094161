import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { explain } from "../api/http";
import { useBackCloses } from "./back";
import { Button, IconButton } from "./button";
import { cx } from "./cx";

const BACKDROP =
  "fixed inset-0 z-40 bg-black/35 transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0 dark:bg-black/60";
const POPUP =
  "fixed z-40 flex flex-col border border-line-strong bg-raised shadow-float outline-none transition-[opacity,transform] duration-150 " +
  "max-sm:inset-x-0 max-sm:bottom-0 max-sm:max-h-[min(92dvh,calc(100dvh-env(safe-area-inset-top)-1rem))] max-sm:rounded-t-2xl max-sm:data-ending-style:translate-y-8 max-sm:data-starting-style:translate-y-8 max-sm:pr-[env(safe-area-inset-right)] max-sm:pb-[env(safe-area-inset-bottom)] max-sm:pl-[env(safe-area-inset-left)] " +
  "data-nested-dialog-open:after:absolute data-nested-dialog-open:after:inset-0 data-nested-dialog-open:after:rounded-[inherit] data-nested-dialog-open:after:bg-black/20 " +
  "sm:top-[max(2rem,14dvh)] sm:left-1/2 sm:max-h-[78dvh] sm:w-[calc(100vw-4rem)] sm:-translate-x-1/2 sm:rounded-xl sm:data-starting-style:scale-[0.985] data-ending-style:opacity-0 data-starting-style:opacity-0";

interface DialogProps {
  title: string;
  description?: ReactNode;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  isWide?: boolean;
}

/**
 * A window over the page: a sheet from below on a phone. Focus goes to the first field or to what is marked with
 * `data-first-focus`, stays inside, and returns.
 */
export function Dialog({ title, description, isOpen, onClose, children, isWide }: DialogProps) {
  useBackCloses(isOpen, onClose);
  const popup = useRef<HTMLDivElement>(null);
  const firstFocus = () =>
    popup.current?.querySelector<HTMLElement>("[data-first-focus]") ??
    popup.current?.querySelector<HTMLElement>("input, textarea") ??
    true;
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={BACKDROP} />
        <Base.Popup
          ref={popup}
          className={cx(POPUP, isWide ? "sm:max-w-2xl" : "sm:max-w-md")}
          initialFocus={(pressedBy) => (pressedBy === "touch" ? true : firstFocus())}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1">
              <Base.Title className="text-[0.9375rem] font-semibold">{title}</Base.Title>
              {description && <Base.Description className="mt-0.5 text-sm text-ink-2">{description}</Base.Description>}
            </div>
            <Base.Close render={<IconButton label="Close" className="-mt-1 -mr-2" />}>
              <X aria-hidden />
            </Base.Close>
          </header>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** The scrolling middle of a dialog. */
export function DialogBody({ children }: { children: ReactNode }) {
  return (
    <div className="thin-scroll flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-5 pt-1 pb-5">{children}</div>
  );
}

/** The buttons at the end of a dialog. */
export function DialogFooter({ children }: { children: ReactNode }) {
  return <footer className="flex items-center justify-end gap-2 border-t border-line px-5 py-3">{children}</footer>;
}

interface ConfirmProps {
  title: string;
  children: ReactNode;
  action: string;
  isOpen: boolean;
  onClose: () => void;
  onConfirm: () => Promise<unknown>;
}

/** Ask before something that cannot be undone; stays open and says why when it fails. */
export function Confirm({ title, children, action, isOpen, onClose, onConfirm }: ConfirmProps) {
  useBackCloses(isOpen, onClose);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const confirm = async () => {
    setBusy(true);
    setFailure(null);
    try {
      await onConfirm();
      onClose();
    } catch (thrown) {
      setFailure(explain(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <AlertDialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={BACKDROP} />
        <AlertDialog.Popup className={cx(POPUP, "sm:max-w-md")}>
          <div className="px-5 pt-4 pb-4">
            <AlertDialog.Title className="text-[0.9375rem] font-semibold">{title}</AlertDialog.Title>
            <AlertDialog.Description render={<div />} className="mt-1 text-sm text-ink-2">
              {children}
            </AlertDialog.Description>
            {failure !== null && (
              <p role="alert" className="mt-3 text-sm text-bad">
                {failure}
              </p>
            )}
          </div>
          <DialogFooter>
            <AlertDialog.Close render={<Button />}>Cancel</AlertDialog.Close>
            <Button look="danger" needsServer isBusy={isBusy} onClick={confirm}>
              {action}
            </Button>
          </DialogFooter>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
