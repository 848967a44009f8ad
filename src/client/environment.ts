/** What a browser, Deno or Node offers: the only file that touches their globals for time and network. */
import type { ClientClock, Network } from "./types.ts";

/** Longer delays overflow to 1 ms in every runtime. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: ClientClock = {
  now: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, Math.min(ms, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** The parts of a page that servers' runtimes lack, Node even events on its global object. */
const page = globalThis as Partial<EventTarget> & {
  navigator?: { onLine?: boolean };
  document?: EventTarget & { visibilityState: string };
};

export const systemNetwork: Network = {
  get online() {
    // only a plain `false` counts: servers' runtimes do not know
    return page.navigator?.onLine !== false;
  },
  watch({ online, offline, visible }) {
    const stop = new AbortController();
    const { signal } = stop;
    const { document } = page;
    page.addEventListener?.("online", online, { signal });
    page.addEventListener?.("offline", offline, { signal });
    document?.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") visible();
    }, { signal });
    return () => stop.abort();
  },
};
