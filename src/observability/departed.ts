import type { Family, Sample, Snapshot } from "./metrics.ts";

interface Kept {
  readonly family: Family;
  readonly samples: Map<string, Sample>;
}

/**
 * What isolates have counted that are gone. A counter must not go back because one of those who counted died: to
 * whoever reads it that looks like a restart. What goes up and down ended with its isolate.
 */
export class Departed {
  readonly #families = new Map<string, Kept>();

  /** Keeps the last that is known of an isolate. */
  add(snapshot: Snapshot): void {
    for (const family of snapshot) {
      if (family.type === "gauge") continue;
      let kept = this.#families.get(family.name);
      if (!kept) this.#families.set(family.name, kept = { family, samples: new Map() });
      for (const sample of family.values) {
        const key = JSON.stringify([sample.metricName, Object.entries(sample.labels).sort()]);
        const before = kept.samples.get(key)?.value ?? 0;
        const { value } = sample;
        kept.samples.set(key, {
          ...sample,
          value: family.aggregator === "max" ? Math.max(before, value) : before + value,
        });
      }
    }
  }

  /** All that they counted together. */
  snapshot(): Snapshot {
    return [...this.#families.values()].map(({ family, samples }) => ({
      ...family,
      values: [...samples.values()],
    }));
  }
}
