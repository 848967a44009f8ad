/** A family of the text format, as strict as a reader may be. */
export interface ParsedFamily {
  readonly help: string;
  readonly type: string;
  /** values by series, as `name{label="value"}` with the labels in order */
  readonly series: ReadonlyMap<string, number>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/y;

/**
 * Reads the text format of Prometheus, version 0.0.4, and throws at whatever the format does not allow, or its
 * conventions do not: this stands in for `promtool check metrics`.
 */
export function parseExposition(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, { help: string; type: string; series: Map<string, number> }>();
  let current = "";
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line);
    if (help) {
      current = help[1]!;
      if (families.has(current)) throw new Error(`${current} comes twice`);
      families.set(current, { help: help[2]!, type: "", series: new Map() });
      continue;
    }
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line);
    const family = families.get(current);
    if (!family) throw new Error(`nothing announced: ${line}`);
    if (type) {
      if (type[1] !== current || family.type !== "") throw new Error(`TYPE is out of place: ${line}`);
      family.type = type[2]!;
      continue;
    }
    readSample(line, current, family);
  }
  for (const [name, family] of families) check(name, family.type, family.series);
  return families;
}

function readSample(
  line: string,
  family: string,
  { type, series }: { type: string; series: Map<string, number> },
): void {
  const sample = SAMPLE.exec(line);
  if (!sample) throw new Error(`not a sample: ${line}`);
  const [, name, labels = "", value] = sample;
  const suffix = name!.startsWith(family) ? name!.slice(family.length) : undefined;
  const fits = type === "histogram" ? ["_bucket", "_sum", "_count"].includes(suffix!) : suffix === "";
  if (!fits) throw new Error(`${name} does not belong to ${family}`);
  if (!/^(?:[+-]Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.test(value!)) throw new Error(`no number: ${line}`);
  const key = seriesKey(name!, readLabels(labels, line));
  if (series.has(key)) throw new Error(`${key} comes twice`);
  series.set(key, Number(value!.replace("Inf", "Infinity")));
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const label = LABEL.exec(text);
    if (!label) throw new Error(`labels are wrong: ${line}`);
    if (label[1]! in labels) throw new Error(`${label[1]} comes twice: ${line}`);
    labels[label[1]!] = label[2]!;
  }
  return labels;
}

function check(name: string, type: string, series: ReadonlyMap<string, number>): void {
  if (type === "") throw new Error(`${name} has no type`);
  if ((type === "counter") !== name.endsWith("_total")) throw new Error(`${name} is a ${type}`);
  if (type === "counter") {
    for (const [key, value] of series) if (!(value >= 0)) throw new Error(`${key} is ${value}`);
  }
  if (type === "histogram") checkBuckets(name, series);
}

/** Buckets grow up to `+Inf`, which is the count. */
function checkBuckets(name: string, series: ReadonlyMap<string, number>): void {
  const groups = new Map<string, [bound: number, count: number][]>();
  for (const [key, value] of series) {
    const bucket = /^(.*)_bucket\{(?:(.*),)?le="([^"]+)"(?:,(.*))?\}$/.exec(key);
    if (!bucket) continue;
    const rest = [bucket[2], bucket[4]].filter(Boolean).join(",");
    const group = groups.get(rest) ?? [];
    group.push([Number(bucket[3]!.replace("Inf", "Infinity")), value]);
    groups.set(rest, group);
  }
  for (const [labels, buckets] of groups) {
    const braces = labels === "" ? "" : `{${labels}}`;
    const count = series.get(`${name}_count${braces}`);
    if (buckets.at(-1)![0] !== Infinity || buckets.at(-1)![1] !== count) {
      throw new Error(`${name}${braces}: +Inf is not the count`);
    }
    if (!series.has(`${name}_sum${braces}`)) throw new Error(`${name}${braces} has no sum`);
    for (const [n, [bound, value]] of buckets.entries()) {
      const before = buckets[n - 1];
      if (before && (before[0] >= bound || before[1] > value)) {
        throw new Error(`${name}${braces}: le=${bound}`);
      }
    }
  }
}

/** A series by its name and labels, in whatever order they are given. */
export function seriesKey(name: string, labels: Readonly<Record<string, string>> = {}): string {
  const parts = Object.keys(labels).sort().map((label) => `${label}="${labels[label]}"`);
  return parts.length === 0 ? name : `${name}{${parts.join(",")}}`;
}

/** The value of one series; a series nobody has counted yet is 0. */
export function valueIn(
  families: ReadonlyMap<string, ParsedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const family = families.get(name) ?? families.get(name.replace(/_(?:bucket|sum|count)$/, ""));
  if (!family) throw new Error(`there is no ${name}`);
  return family.series.get(seriesKey(name, labels)) ?? 0;
}
