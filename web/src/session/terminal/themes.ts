import type { ITheme } from "@xterm/xterm";

/** The colours of the screen, for each of the page's themes. */
export const THEMES: Record<"light" | "dark", ITheme> = {
  dark: {
    background: "#0f0f13",
    foreground: "#e6e6ea",
    cursor: "#e6e6ea",
    selectionBackground: "#3d4a6b",
    black: "#1b1b21",
    red: "#f2777a",
    green: "#7fd88f",
    yellow: "#e5c07b",
    blue: "#82aaff",
    magenta: "#c792ea",
    cyan: "#7fdbca",
    white: "#d0d0d6",
    brightBlack: "#8a8a95",
    brightRed: "#ff8f91",
    brightGreen: "#98e6a6",
    brightYellow: "#f0d399",
    brightBlue: "#a3c0ff",
    brightMagenta: "#dbb2f5",
    brightCyan: "#a0ebdd",
    brightWhite: "#ffffff",
  },
  light: {
    background: "#fbfbfc",
    foreground: "#1d1d22",
    cursor: "#1d1d22",
    selectionBackground: "#c9d6f5",
    black: "#1d1d22",
    red: "#b3261e",
    green: "#1a6e2e",
    yellow: "#7a5600",
    blue: "#1f4fbf",
    magenta: "#8230a8",
    cyan: "#0b6b70",
    white: "#5c5c66",
    brightBlack: "#66666f",
    brightRed: "#c5221f",
    brightGreen: "#1f7d36",
    brightYellow: "#865f00",
    brightBlue: "#2a5bd0",
    brightMagenta: "#9334b8",
    brightCyan: "#0c757b",
    brightWhite: "#3a3a42",
  },
};

/** The theme that the document is in now. */
export function themeNow(): ITheme {
  return THEMES[document.documentElement.dataset.theme === "dark" ? "dark" : "light"];
}
