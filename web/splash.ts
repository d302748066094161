/**
 * Draws what iOS shows while the installed page opens: the logo in the middle, as the page itself shows it a moment later.
 * One picture for each screen and scheme, made with the page and kept nowhere else.
 */

import { crc32, deflateSync } from "node:zlib";
import type { HtmlTagDescriptor, Plugin } from "vite";

/** Width and height in CSS pixels, and how many of the screen's are in one. */
const SCREENS = [
  [375, 667, 2],
  [375, 812, 3],
  [390, 844, 3],
  [393, 852, 3],
  [402, 874, 3],
  [414, 896, 2],
  [414, 896, 3],
  [428, 926, 3],
  [430, 932, 3],
  [440, 956, 3],
  [744, 1133, 2],
  [810, 1080, 2],
  [820, 1180, 2],
  [834, 1194, 2],
  [1024, 1366, 2],
] as const;
const LOGO_PX = 36; // as `Splash` in src/shell/splash.tsx
type Color = readonly [number, number, number];
/** As in src/ui/styles.css: canvas, ink; and the dot of src/shell/logo.tsx. */
const SCHEMES: Record<"light" | "dark", { canvas: Color; ink: Color }> = {
  light: { canvas: [0xfb, 0xfb, 0xfc], ink: [0x1b, 0x1b, 0x22] },
  dark: { canvas: [0x0f, 0x0f, 0x13], ink: [0xed, 0xed, 0xf2] },
};
const DOT: Color = [0x7f, 0x7d, 0xff];
const STEPS = 63; // how finely an edge is blended

export function drawSplash(): Plugin {
  const pictures = SCREENS.flatMap(([width, height, scale]) =>
    (["light", "dark"] as const).map((scheme) => ({
      path: `splash/${width}x${height}@${scale}-${scheme}.png`,
      media:
        `screen and (device-width: ${width}px) and (device-height: ${height}px) and ` +
        `(-webkit-device-pixel-ratio: ${scale}) and (orientation: portrait) and (prefers-color-scheme: ${scheme})`,
      draw: () => picture(width * scale, height * scale, LOGO_PX * scale, scheme),
    })),
  );
  return {
    name: "claudios-splash",
    apply: "build",
    generateBundle() {
      for (const { path, draw } of pictures) this.emitFile({ type: "asset", fileName: path, source: draw() });
    },
    transformIndexHtml: () =>
      pictures.map(
        ({ path, media }): HtmlTagDescriptor => ({
          tag: "link",
          attrs: { rel: "apple-touch-startup-image", href: `/${path}`, media },
        }),
      ),
  };
}

/** A PNG (RFC 2083) of a palette: canvas to ink, ink to canvas again for the arc, ink to dot. */
function picture(width: number, height: number, logo: number, scheme: "light" | "dark"): Buffer {
  const { canvas, ink } = SCHEMES[scheme];
  const rows = Buffer.alloc((width + 1) * height); // each begins with its filter, which is none
  const [left, top] = [Math.round((width - logo) / 2), Math.round((height - logo) / 2)];
  for (let y = 0; y < logo; y++)
    for (let x = 0; x < logo; x++)
      rows[(top + y) * (width + 1) + 1 + left + x] = colorAt(
        (32 * (x + 0.5)) / logo,
        (32 * (y + 0.5)) / logo,
        logo / 32,
      );
  const palette = [blends(canvas, ink), blends(ink, canvas), blends(ink, DOT)].flat(2);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8); // eight bits a pixel, which are a place in the palette
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette)),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** The palette's place for a point of the logo, in units of its drawing, which is 32 wide. */
function colorAt(x: number, y: number, pixelsPerUnit: number): number {
  const covered = (distance: number) => Math.round(STEPS * Math.min(1, Math.max(0, 0.5 - distance * pixelsPerUnit)));
  const dot = covered(Math.hypot(x - 22.5, y - 16) - 2.6);
  if (dot > 0) return 2 * (STEPS + 1) + dot;
  const arc = covered(toArc(x, y) - 1.5);
  if (arc > 0) return STEPS + 1 + arc;
  return covered(Math.hypot(Math.max(0, Math.abs(x - 16) - 8), Math.max(0, Math.abs(y - 16) - 8)) - 8);
}

/** How far a point is from the C: a circle around (15.97, 16) that is open to the right. */
function toArc(x: number, y: number): number {
  const [dx, dy] = [x - 15.97, Math.abs(y - 16)];
  const isOpen = Math.atan2(dy, dx) < Math.atan2(4.7, 4.63);
  return isOpen ? Math.hypot(x - 20.6, dy - 4.7) : Math.abs(Math.hypot(dx, dy) - 6.6);
}

function blends(from: Color, to: Color): number[][] {
  return Array.from({ length: STEPS + 1 }, (_, step) =>
    from.map((value, at) => Math.round(value + ((to[at] ?? 0) - value) * (step / STEPS))),
  );
}

function chunk(kind: string, content: Buffer): Buffer {
  const framed = Buffer.concat([Buffer.alloc(4), Buffer.from(kind, "latin1"), content, Buffer.alloc(4)]);
  framed.writeUInt32BE(content.length, 0);
  framed.writeUInt32BE(crc32(framed.subarray(4, -4)), framed.length - 4);
  return framed;
}
