import { useEffect, useRef, useState } from "react";

const FOLDING_MS = 250;

/** True for a moment after something inside was pressed, which may have unfolded. */
export function useFoldingNow(): [boolean, () => void] {
  const [isFolding, setFolding] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const note = () => {
    setFolding(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setFolding(false), FOLDING_MS);
  };
  return [isFolding, note];
}
