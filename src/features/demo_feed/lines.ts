import { chance } from "./chance.ts";

/** A line of the demo's log. */
export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly service: string;
  readonly text: string;
}

const SERVICES = ["web", "orders", "ledger", "post"] as const;
const TEXTS: readonly ((n: number) => Pick<LogLine, "level" | "text">)[] = [
  (n) => ({ level: "info", text: `GET /orders/${n % 977} 200 ${3 + n % 40} ms` }),
  (n) => ({ level: "info", text: `order ${1000 + n % 9000} packed, ${1 + n % 5} items` }),
  (n) => ({ level: "info", text: `telegram ${n % 100_000} delivered` }),
  (n) => ({ level: "info", text: `POST /orders 201 ${8 + n % 60} ms` }),
  (n) => ({ level: "warn", text: `queue is ${20 + n % 60} long, taking a second hand` }),
  (n) => ({ level: "error", text: `ledger did not answer in ${1 + n % 4} s, trying again` }),
];
/** How often each of them is said, of all that is said. */
const SHARES = [0.38, 0.6, 0.76, 0.9, 0.97, 1];

/** Line `n`: what it says follows from its number. */
export function logLine(n: number): LogLine {
  const drawn = chance(n, 101);
  const text = TEXTS[SHARES.findIndex((share) => drawn < share)]!;
  const service = SERVICES[Math.floor(chance(n, 102) * SERVICES.length)]!;
  return { service, ...text(Math.floor(chance(n, 103) * 1e6)) };
}

const FRAMES = Array.from(
  { length: 20 },
  (_, n) => `    at hand over (office/desk_${n}.ts:${10 + n}:7) with the third copy of the form`,
).join("\n");

/** Line `n` of a rush of `of`: about 1.5 kB, as a stack trace is. */
export function wideLine(n: number, of: number): LogLine {
  return { level: "error", service: "post", text: `rush ${n} of ${of}: too many telegrams\n${FRAMES}` };
}
