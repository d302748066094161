import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { useEffect } from "react";
import { buttonClass, IconButton } from "./button";
import { cx } from "./cx";
import type { Told } from "./toast";

const toasts = Toast.createToastManager();

/** What was told, in a corner, for a while; `onReady` gets what shows one more. */
export function ToastList({ onReady }: { onReady: (show: (told: Told) => void) => void }) {
  useEffect(() => onReady(toasts.add), [onReady]); // here, above the provider, which listens by then
  return (
    <Toast.Provider toastManager={toasts} timeout={4000} limit={4}>
      <Toast.Portal>
        <Toast.Viewport
          data-toasts
          className="fixed right-[max(1rem,env(safe-area-inset-right))] bottom-[calc(1rem+env(safe-area-inset-bottom))] z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2 max-sm:bottom-[calc(5rem+env(safe-area-inset-bottom))]"
        >
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
