import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { explain } from "../api/http";
import { buttonClass, IconButton } from "./button";
import { cx } from "./cx";

const toasts = Toast.createToastManager();

/** Say briefly that something has happened, with a way back where there is one. */
export function tell(title: string, undo?: () => void): void {
  toasts.add({
    title,
    ...(undo === undefined ? {} : { actionProps: { children: "Undo", onClick: undo }, timeout: 8000 }),
  });
}

/** Say that something did not work, and what the remedy is. */
export function tellFailure(what: string, failure: unknown): void {
  toasts.add({ title: what, description: explain(failure), type: "error", timeout: 9000, priority: "high" });
}

/** Run an action; when it fails, say so. Returns whether it worked. */
export async function attempt(what: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (failure) {
    tellFailure(what, failure);
    return false;
  }
}

export function ToastProvider({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider toastManager={toasts} timeout={4000} limit={4}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2 max-sm:bottom-20">
          <Toasts />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function Toasts() {
  const manager = Toast.useToastManager();
  return manager.toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className={cx(
        "popup flex items-start gap-3 py-2.5 pr-2 pl-3.5 text-sm data-limited:hidden",
        toast.type === "error" && "border-bad-line",
      )}
    >
      <Toast.Content className="min-w-0 flex-1 py-0.5">
        <Toast.Title className={cx("font-medium", toast.type === "error" && "text-bad")} />
        <Toast.Description className="mt-0.5 text-ink-2" />
      </Toast.Content>
      {toast.actionProps && <Toast.Action className={buttonClass("secondary", "small")} />}
      <Toast.Close render={<IconButton label="Close" className="size-6" />}>
        <X aria-hidden />
      </Toast.Close>
    </Toast.Root>
  ));
}
