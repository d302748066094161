import type { ReactNode } from "react";

/** What stands where there is nothing yet: what it is for, and what to do. */
export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center px-6 py-16 text-center">
      {icon && (
        <div className="mb-4 flex size-11 items-center justify-center rounded-xl border border-line bg-surface text-ink-3 [&_svg]:size-5">
          {icon}
        </div>
      )}
      <h2 className="text-[0.9375rem] font-semibold">{title}</h2>
      {children && <div className="mt-1 text-sm text-balance text-ink-2">{children}</div>}
      {action && <div className="mt-5 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** Something could not be loaded: why, and a way to try again. */
export function Failure({ title, message, action }: { title: string; message: string; action?: ReactNode }) {
  return (
    <div role="alert">
      <Empty title={title} action={action}>
        {message}
      </Empty>
    </div>
  );
}

/** Grey lines in the shape of a list that is on its way. */
export function Skeleton({ rows = 4 }: { rows?: number }) {
  return (
    <div aria-hidden className="flex flex-col gap-3 p-4">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike and never move
        <div key={row} className="flex flex-col gap-2">
          <div className="skeleton h-3.5 w-2/5" />
          <div className="skeleton h-3 w-3/5" />
        </div>
      ))}
    </div>
  );
}
