import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { ask } from "../../shared/api.ts";
import { type Figures, Meter } from "./meter.ts";
import type { Reader, Reading } from "./reader.ts";
import { longPolling } from "./readers/long_polling.ts";
import { polling } from "./readers/polling.ts";
import { sse } from "./readers/sse.ts";
import { webSocket } from "./readers/websocket.ts";
import { Source } from "./source.ts";

/** The four ways, from the oldest to the newest. */
export const WAYS = ["polling", "longPolling", "sse", "webSocket"] as const;
export type Way = typeof WAYS[number];

/** What the sliders can be set to. */
export const CHOICES = {
  perSecond: [0.2, 0.5, 1, 2, 5, 10, 20],
  pollEveryMs: [1000, 2000, 5000, 10_000, 30_000],
  bytes: [50, 200, 1000, 4000, 16_000],
} as const;
export type Setting = keyof typeof CHOICES;

/** How long the cut lasts. */
export const CUT_MS = 5000;
const DRAW_MS = 500;

const MAKE: Record<Way, (reading: Reading) => Reader> = { polling, longPolling, sse, webSocket };

/** One live stream, read in four ways by one page, with one clock. */
export class Comparison {
  readonly figures: ReadonlySignal<ReadonlyMap<Way, Figures>>;
  readonly settings: { readonly [S in Setting]: Signal<number> } = {
    perSecond: signal(2),
    pollEveryMs: signal(5000),
    bytes: signal(200),
  };
  /** ms until the readers are let in again; 0 while they are in */
  readonly cutLeftMs = signal(0);
  readonly #figures = signal<ReadonlyMap<Way, Figures>>(new Map());
  readonly #readings: ReadonlyMap<Way, { reader: Reader; meter: Meter }>;

  private constructor(roomId: string, position: string) {
    const now = () => performance.now();
    const { perSecond, pollEveryMs, bytes } = this.settings;
    this.figures = this.#figures;
    this.#readings = new Map(WAYS.map((way) => {
      const meter = new Meter(now);
      const reading = { roomId, meter, position, pollEveryMs: () => pollEveryMs.value };
      return [way, { reader: MAKE[way](reading), meter }];
    }));
    for (const { reader } of this.#readings.values()) reader.start();
    const source = new Source({ roomId, now, perSecond: () => perSecond.value, bytes: () => bytes.value });
    addEventListener("pagehide", () => source.close());
    setInterval(() => this.#draw(), DRAW_MS);
  }

  /** Begins in a room of its own. @throws {ApiError} */
  static async begin(): Promise<Comparison> {
    const roomId = `compare-${
      [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16)).join("")
    }`;
    const { epoch, offset } = await ask<{ epoch: string; offset: number }>(
      "GET",
      `api/rooms/${roomId}/messages`,
    );
    return new Comparison(roomId, `${epoch}.${offset}`);
  }

  set(setting: Setting, value: number): void {
    this.settings[setting].value = value;
    for (const { meter } of this.#readings.values()) meter.reset();
  }

  /** Cuts all readers off for a while; the stream goes on without them. */
  cut(): void {
    if (this.cutLeftMs.value > 0) return;
    this.cutLeftMs.value = CUT_MS;
    for (const { reader, meter } of this.#readings.values()) {
      meter.cut();
      reader.stop();
    }
    const endMs = performance.now() + CUT_MS;
    const count = setInterval(() => this.cutLeftMs.value = Math.max(1, endMs - performance.now()), 250);
    setTimeout(() => {
      clearInterval(count);
      this.cutLeftMs.value = 0;
      for (const { reader, meter } of this.#readings.values()) {
        meter.back();
        reader.start();
      }
    }, CUT_MS);
  }

  #draw(): void {
    this.#figures.value = new Map([...this.#readings].map(([way, { meter }]) => [way, meter.figures()]));
  }
}
