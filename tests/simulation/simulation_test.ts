import { expect } from "@std/expect";
import { Crew } from "./crew.ts";
import { explain, type Replay } from "./explain.ts";
import { changedSource } from "../harness/changed_source.ts";
import { loadParts, smallPages } from "./parts.ts";
import { simulate } from "./simulate.ts";

/** Replays one seed: `SEED=123 deno test -A tests/simulation/simulation_test.ts`, with NODES and PAGES as printed. */
const SEED = Deno.env.get("SEED");

const plans: readonly (Replay & { readonly seeds: number })[] = [
  { nodes: 1, pages: "real", seeds: 10_000 },
  { nodes: 1, pages: "small", seeds: 10_000 },
  { nodes: 3, pages: "real", seeds: 30_000 },
];

for (const { nodes, pages, seeds } of SEED === undefined ? plans : []) {
  const what = `${seeds} runs of ${nodes} nodes with ${pages} pages keep every promise`;
  Deno.test(`[I1] [I2] [I3] [I4] [I5] [I6] [I7] ${what}`, async () => {
    const source = await sourceOf(pages);
    using crew = new Crew();
    const report = await crew.run({ from: 1, to: seeds, nodes, ...source && { source: source.href } });
    const [failure] = report.failures;
    if (failure) {
      const all = report.failures.map(({ seed }) => seed).slice(0, 20).join(", ");
      const why = await explain(failure, await loadParts(source), { nodes, pages });
      throw new Error(`${report.failures.length} seeds fail, first ${all}\n${why}`);
    }
    expect(report.seeds).toBe(seeds);
    await dispose(source);
  });
}

Deno.test({
  name: `seed ${SEED} keeps every promise`,
  ignore: SEED === undefined,
  async fn() {
    const nodes = Number(Deno.env.get("NODES") ?? 1);
    const pages = Deno.env.get("PAGES") === "small" ? "small" : "real";
    const source = await sourceOf(pages);
    const parts = await loadParts(source);
    const seed = Number(SEED);
    const { violations } = await simulate(seed, parts, { nodes });
    if (violations.length > 0) throw new Error(await explain({ seed, violations }, parts, { nodes, pages }));
    await dispose(source);
  },
});

Deno.test("a seed gives the same run each time", async () => {
  const parts = await loadParts();
  for (const seed of [1, 2, 3]) {
    const first = await simulate(seed, parts);
    const second = await simulate(seed, parts);
    expect(first.events.length).toBeGreaterThan(50);
    expect(JSON.stringify(second.events)).toBe(JSON.stringify(first.events));
  }
});

Deno.test("runs differ, and all that can go wrong does", async () => {
  const parts = await loadParts();
  const seen = new Set<string>();
  for (let seed = 1; seed <= 100; seed++) {
    for (const event of (await simulate(seed, parts)).events) {
      seen.add(event.ev);
      if (event.ev === "note") seen.add(event.text.replace(/\d+/g, "n"));
      if (event.ev === "joined") seen.add(`recovered ${event.recovered}`);
      if (event.ev === "reset") seen.add(`reset ${event.reason}`);
      if (event.ev === "nack") seen.add(event.code);
      if (event.ev === "ack") seen.add(`duplicate ${event.duplicate}`);
      if (event.ev === "close") seen.add(`close ${event.code}`);
    }
  }
  const expected = [
    "recovered true",
    "recovered false",
    "recovered undefined",
    "reset epoch",
    "reset trimmed",
  ]
    .concat([
      "store_unavailable",
      "conflict",
      "duplicate true",
      "close 1006",
      "close 1012",
      "close 1000",
      "behind",
    ])
    .concat(["nn: kill", "nn: drain", "store lost, n % restored", "store restarts for n ms"])
    .concat(["users", "came", "went", "read", "typing", "page"]);
  expect([...seen]).toEqual(expect.arrayContaining(expected));
});

function sourceOf(pages: Replay["pages"]): Promise<URL | undefined> {
  return pages === "small" ? changedSource(smallPages) : Promise.resolve(undefined);
}

async function dispose(source: URL | undefined): Promise<void> {
  if (source) await Deno.remove(source, { recursive: true });
}
