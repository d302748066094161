import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { keepShell } from "./shell";
import { drawSplash } from "./splash";

// `npm run dev` serves the page with reloading and hands everything else to a running server.
const server = process.env.CLAUDIOS_URL ?? "http://127.0.0.1:3000";

const shapes = createHash("sha256")
  .update(readFileSync(new URL("src/api/schema.ts", import.meta.url)))
  .digest("hex")
  .slice(0, 16);

export default defineConfig({
  define: { __SHAPES__: JSON.stringify(shapes) },
  plugins: [react(), tailwindcss(), drawSplash(), keepShell()],
  build: {
    outDir: "../src/claudios/server/web/page",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the content security policy allows no data: scripts or styles
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: server, ws: true, changeOrigin: true, headers: { origin: server } } },
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
  },
});
