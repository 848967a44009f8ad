/** How a number is written. */
export type Unit = "percent" | "bytes" | "perSecond" | "count" | "ms" | "plain";

/** The relay's own numbers, a chart each. The titles and names are in `words.ts`. */
export const PANELS = [
  { id: "cpu", unit: "percent", names: ["cpuPercent"] },
  { id: "memory", unit: "bytes", names: ["memoryBytes", "heapBytes"] },
  { id: "requests", unit: "perSecond", names: ["requestsPerSecond"] },
  { id: "messages", unit: "perSecond", names: ["messagesInPerSecond", "messagesOutPerSecond"] },
  {
    id: "connections",
    unit: "count",
    names: ["connectionsWebsocket", "connectionsSse", "connectionsPolling"],
  },
  { id: "acks", unit: "ms", names: ["ackP50Ms", "ackP99Ms"] },
  { id: "lag", unit: "ms", names: ["loopLagMs"] },
] as const satisfies readonly { id: string; unit: Unit; names: readonly string[] }[];

/** Writes a number in its unit, for a reader of this language. */
export function formatValue(value: number, unit: Unit, locale: string): string {
  const write = (n: number, maximumFractionDigits: number) =>
    new Intl.NumberFormat(locale, { maximumFractionDigits }).format(n);
  switch (unit) {
    case "percent":
      return `${write(value, 1)}\u00a0%`;
    case "bytes":
      return `${write(value / 1e6, 1)}\u00a0MB`;
    case "perSecond":
      return `${write(value, value < 10 ? 1 : 0)}/s`;
    case "count":
      return write(value, 0);
    case "ms":
      return `${write(value, value < 10 ? 2 : 0)}\u00a0ms`;
    case "plain":
      return write(value, 3);
  }
}
