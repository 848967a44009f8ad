import { expect } from "@std/expect";
import { Crew } from "./crew.ts";
import { mutants } from "./mutants.ts";
import { changedSource } from "../harness/changed_source.ts";
import { smallPages } from "./parts.ts";

const SEEDS = 1000;

for (const { name, rule, nodes = 1, changes } of mutants) {
  Deno.test(`[${rule}] the simulation finds a relay that ${name}`, async () => {
    const source = await changedSource([...smallPages, ...changes]);
    using crew = new Crew();
    const { failures } = await crew.run({
      from: 1,
      to: SEEDS,
      nodes,
      source: source.href,
      until: rule,
    });
    expect(failures.flatMap(({ violations }) => violations.map((violation) => violation.rule))).toContain(
      rule,
    );
    await Deno.remove(source, { recursive: true });
  });
}
