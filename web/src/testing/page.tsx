import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import axe from "axe-core";
import type { ReactNode } from "react";
import { LiveProvider } from "../live/hooks";
import { createLive, type Live } from "../live/live";
import { ToastProvider } from "../ui/toast";

/** Show something with a store of its own and a socket that connects to nothing. */
export function show(children: ReactNode, live: Live = quietLive()) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const shown = render(
    <QueryClientProvider client={client}>
      <LiveProvider live={live}>
        <ToastProvider>{children}</ToastProvider>
      </LiveProvider>
    </QueryClientProvider>,
  );
  return { ...shown, live };
}

export function quietLive(): Live {
  return createLive(() => ({ onopen: null, onmessage: null, onclose: null, send: () => {}, close: () => {} }));
}

/** What axe finds wrong, without what needs a real layout to be judged. */
export async function faults(element: Element): Promise<string[]> {
  const { violations } = await axe.run(element, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** Answer the page's calls of the API; returns what was asked, as "METHOD path" and body. */
export function answerCalls(answer: (method: string, path: string, body: unknown) => unknown): [string, unknown][] {
  const asked: [string, unknown][] = [];
  globalThis.fetch = async (input, init) => {
    const path = String(input).replace("/api/v1", "");
    const method = init?.method ?? "GET";
    const body: unknown = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
    asked.push([`${method} ${path}`, body]);
    const answered = await answer(method, path, body);
    return answered instanceof Response ? answered : Response.json(answered);
  };
  return asked;
}
