/** Dates as people write them. All take the locale, and the moment where "today" matters; times are in ms. */

/** `10:30`, `10:30 AM`. */
export function formatTime(locale: string, timeMs: number): string {
  return formatter(locale, "time").format(timeMs);
}

/** The whole date and time, for a tooltip. */
export function formatMoment(locale: string, timeMs: number): string {
  return formatter(locale, "moment").format(timeMs);
}

/** "Today", "Yesterday", "Saturday 21 November", with the year when it is another one. */
export function formatDay(locale: string, timeMs: number, nowMs: number): string {
  const days = Math.round((midnight(timeMs) - midnight(nowMs)) / 86_400_000);
  if (days === 0 || days === -1) {
    const word = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  const sameYear = new Date(timeMs).getFullYear() === new Date(nowMs).getFullYear();
  return formatter(locale, sameYear ? "day" : "dayOfYear").format(timeMs);
}

/** The day a moment belongs to where the reader is, as `2026-11-21`. */
export function dayKey(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** "Aiko, Ben and Chie", "Aiko、Ben、Chie". */
export function formatList(locale: string, items: readonly string[]): string {
  return new Intl.ListFormat(locale, { type: "conjunction" }).format(items);
}

const STYLES = {
  time: { hour: "numeric", minute: "2-digit" },
  moment: { dateStyle: "full", timeStyle: "medium" },
  day: { weekday: "long", day: "numeric", month: "long" },
  dayOfYear: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Formatters are slow to make and a list of messages needs the same one a thousand times. */
function formatter(locale: string, style: keyof typeof STYLES): Intl.DateTimeFormat {
  const key = `${locale} ${style}`;
  let found = formatters.get(key);
  if (!found) formatters.set(key, found = new Intl.DateTimeFormat(locale, STYLES[style]));
  return found;
}

function midnight(timeMs: number): number {
  return new Date(timeMs).setHours(0, 0, 0, 0);
}
