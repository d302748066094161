import { fireEvent, render, screen } from "@testing-library/react";
import { useRef } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { useStickyEnd } from "./sticky-end";

const ROOM_PX = 400;

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
});

function Box({ height, isHeld = false }: { height: number; isHeld?: boolean }) {
  const scroller = useRef<HTMLDivElement>(null);
  const { isAtEnd, toEnd } = useStickyEnd(scroller, height, isHeld);
  return (
    <>
      <div
        role="log"
        ref={(element) => {
          scroller.current = element;
          if (element === null) return;
          Object.defineProperty(element, "clientHeight", { value: ROOM_PX, configurable: true });
          Object.defineProperty(element, "scrollHeight", { value: height, configurable: true });
        }}
      />
      <output>{isAtEnd ? "at the end" : "further up"}</output>
      <button type="button" onClick={toEnd}>
        To the end
      </button>
    </>
  );
}

function shown() {
  return { log: screen.getByRole("log"), said: screen.getByRole("status").textContent };
}

test("what arrives keeps a box at its end", () => {
  const { rerender } = render(<Box height={1000} />);
  rerender(<Box height={1500} />);
  expect(shown().log.scrollTop).toBe(1500);
  expect(shown().said).toBe("at the end");
});

test("what arrives before the browser tells of scrolling up does not undo it", () => {
  const { rerender } = render(<Box height={1000} />);
  const { log } = shown();
  fireEvent.wheel(log, { deltaY: -400 });
  log.scrollTop = 500; // and its event is still to come
  rerender(<Box height={1500} />);
  expect(log.scrollTop).toBe(500);
  expect(shown().said).toBe("further up");
  fireEvent.click(screen.getByRole("button"));
  expect(log.scrollTop).toBe(1500);
  expect(shown().said).toBe("at the end");
});

test("what the page itself moves lets nothing go", () => {
  const { rerender } = render(<Box height={1000} />);
  shown().log.scrollTop = 500;
  rerender(<Box height={1500} />);
  expect(shown().log.scrollTop).toBe(1500);
});

test("who asks for the end gets it, also while a row that was just unfolded is held", () => {
  const { rerender } = render(<Box height={1000} />);
  rerender(<Box height={1500} isHeld />);
  expect(shown().said).toBe("further up");
  fireEvent.click(screen.getByRole("button"));
  rerender(<Box height={1600} isHeld />); // as by the prompt that was sent
  expect(shown().log.scrollTop).toBe(1600);
  rerender(<Box height={1700} />);
  expect(shown().log.scrollTop).toBe(1700);
  rerender(<Box height={2200} isHeld />); // and the next row is held again
  expect(shown().log.scrollTop).toBe(1700);
  expect(shown().said).toBe("further up");
});
