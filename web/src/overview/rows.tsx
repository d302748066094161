import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useCallback, useLayoutEffect, useRef, useState } from "react";

interface RowsProps<Row> {
  label: string;
  rows: readonly Row[];
  /** What tells a row from the others. */
  keyOf: (row: Row) => string;
  /** How tall it is where letters have their usual size. */
  heightPxOf: (row: Row) => number;
  /** What one row shows; called for the rows in sight alone. */
  children: (row: Row) => ReactNode;
}

const OVERSCAN = 6;
const USUAL_LETTER_PX = 16;

/** A list of any length, of which only the rows in sight are drawn. Their heights are known, so that none is measured. */
export function Rows<Row>({ label, rows, keyOf, heightPxOf, children: draw }: RowsProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const [scale] = useState(
    () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_LETTER_PX,
  );
  const heightOf = useCallback(
    (at: number) => {
      const row = rows[at];
      return row === undefined ? 0 : Math.round(heightPxOf(row) * scale);
    },
    [rows, heightPxOf, scale],
  );
  const keyAt = useCallback(
    (at: number) => {
      const row = rows[at];
      return row === undefined ? at : keyOf(row);
    },
    [rows, keyOf],
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: heightOf,
    getItemKey: keyAt,
    overscan: OVERSCAN,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows that change are seen by their keys, heights are not
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, heightPxOf]);
  const shown = virtualizer.getVirtualItems();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls, and a section would be a landmark
    <div
      ref={scroller}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      role="group"
      aria-label={label}
      className="thin-scroll min-h-0 flex-1 overflow-y-auto pb-6 [overflow-anchor:none] -outline-offset-2"
    >
      <div className="relative w-full" style={{ height: virtualizer.getTotalSize() }}>
        <ul className="absolute inset-x-0 top-0" style={{ transform: `translateY(${shown[0]?.start ?? 0}px)` }}>
          {shown.map(({ key, index, size }) => {
            const row = rows[index];
            return (
              <li key={key} className="contain-strict" style={{ height: size }}>
                {row !== undefined && draw(row)}
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}
