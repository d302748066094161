import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";

/** Whether what has the focus takes letters itself: a field, an editor, a terminal, or an open list. */
function takesLetters(element: EventTarget | null): boolean {
  if (!(element instanceof HTMLElement)) return false;
  return (
    element.isContentEditable ||
    element.closest(
      "input, textarea, select, [role=dialog], [role=alertdialog], [role=menu], [role=listbox], .xterm",
    ) !== null
  );
}

/** `/` opens the search, wherever on the page one is and does not write. */
export function useSearchKey(): void {
  const navigate = useNavigate();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (takesLetters(event.target)) return;
      event.preventDefault();
      const field = document.querySelector<HTMLInputElement>("main input[type=search][aria-label='Search for']");
      if (field === null) void navigate({ to: "/search", search: {} });
      else field.select();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [navigate]);
}
