import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TerminalScreen } from "./screen";

let host: HTMLElement;
let screen: TerminalScreen;
let typed: string[];
let left: number;

function open(platform: string): void {
  vi.spyOn(navigator, "platform", "get").mockReturnValue(platform);
  screen = new TerminalScreen(
    host,
    {
      typed: (data) => typed.push(new TextDecoder().decode(data)),
      wantsToCopy: () => {},
      wantsToOpen: () => {},
      leave: () => {
        left += 1;
      },
    },
    {},
    false,
    true,
  );
}

beforeEach(() => {
  host = document.createElement("div");
  document.body.append(host);
  [typed, left] = [[], 0];
  open("Linux x86_64");
});

afterEach(() => {
  screen.close();
  host.remove();
});

function keyboard(): HTMLTextAreaElement {
  return host.querySelector("textarea") as HTMLTextAreaElement;
}

function paste(text: string): void {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  keyboard().dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}

test("what is pasted cannot end the paste and go on as keys", () => {
  paste("one\u001b[201~two");
  screen.paste("three\u001b[201~four");
  expect(typed).toEqual(["one\u241b[201~two", "three\u241b[201~four"]);
});

/** Press a key as a keyboard does; return what the browser would go on to do with it. */
function press(key: string, keyCode: number, modifiers: KeyboardEventInit = { ctrlKey: true }): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, keyCode, bubbles: true, cancelable: true, ...modifiers });
  keyboard().dispatchEvent(event);
  return event;
}

/** Copy what is selected, as the browser does after Ctrl+C. */
function copy(): string {
  const clipboardData = new DataTransfer();
  keyboard().dispatchEvent(new ClipboardEvent("copy", { clipboardData, bubbles: true, cancelable: true }));
  return clipboardData.getData("text/plain");
}

async function show(text: string): Promise<void> {
  screen.begin(80, 24, new TextEncoder().encode(text));
  await vi.waitFor(() => expect(screen.find(text, false)).toBe(true));
}

test("Ctrl+C copies what is selected, and then interrupts", async () => {
  await show("hello");
  press("c", 67);
  expect([typed, copy()]).toEqual([[], "hello"]);
  press("c", 67);
  expect(typed).toEqual(["\u0003"]);
});

test("what was found is no more selected once the search is over", async () => {
  await show("hello");
  screen.endSearch();
  press("c", 67);
  expect(typed).toEqual(["\u0003"]);
});

test("Ctrl+V is the browser's, and on a Mac, where Cmd copies and pastes, Ctrl is the program's", async () => {
  press("v", 86);
  expect(typed).toEqual([]);
  screen.close();
  open("MacIntel");
  await show("hello");
  press("v", 86);
  press("c", 67);
  expect(typed).toEqual(["\u0016", "\u0003"]);
});

test("the keyboard leaves the screen by Ctrl+], and by Ctrl+Shift+Enter where that takes another key", () => {
  const presses = [
    press("]", 221),
    press("Enter", 13, { ctrlKey: true, shiftKey: true }),
    press("Enter", 13, { ctrlKey: true }),
  ];
  expect(left).toBe(2);
  expect(presses.slice(0, 2).map(({ defaultPrevented }) => defaultPrevented)).toEqual([true, true]);
  expect(typed).toEqual(["\r"]);
});

test("who only watches types nothing", async () => {
  await show("hello");
  screen.mayType(false);
  press("c", 67);
  screen.press("Up");
  screen.paste("x");
  expect(typed).toEqual([]);
  screen.mayType(true);
  screen.press("Up");
  expect(typed).toEqual(["\u001b[A"]);
});
