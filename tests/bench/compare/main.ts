/**
 * Denbun side by side with what else one would take: the same clients, the same messages, in turns. Prints a table.
 *
 *     deno task bench [rounds] [seconds]
 * @module
 */
import { type Contender, contenders, PEERS } from "./contenders.ts";
import { load, type Outcome, type Work } from "./load.ts";
import { start } from "./server.ts";

const works: readonly Work[] = [
  { title: "one room of 500, 32 messages in flight", rooms: 1, members: 500, inFlight: 32 },
  { title: "50 rooms of 10, 4 messages in flight in each", rooms: 50, members: 10, inFlight: 4 },
];
/** long enough for a compiler to find out what is hot */
const WARM_UP_MS = 3000;
const FIRST_PORT = 28_300;

const [rounds = 3, seconds = 3] = Deno.args.map(Number);
await install();
const runs = new Map<string, Outcome[]>();
let port = FIRST_PORT;
for (let round = 0; round < rounds; round++) {
  for (const work of works) {
    for (const contender of contenders) {
      const outcome = await measure(contender, work);
      const key = `${work.title} ${contender.name}`;
      runs.set(key, [...runs.get(key) ?? [], outcome]);
      say(`round ${round + 1}, ${work.title}: ${contender.name} ${amount(outcome.deliveriesPerS)}/s`);
    }
  }
}
for (const work of works) print(work);

/** The peers come from npm, as a user would take them. */
async function install(): Promise<void> {
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  const { success } = await new Deno.Command("npm", { args, cwd: PEERS, stdout: "null" }).output();
  if (!success) throw new Error("npm could not install the peers");
}

async function measure(contender: Contender, work: Work): Promise<Outcome> {
  port++;
  await using server = await start(contender, port);
  const cpuS = () => server.cpuS();
  return await load({ contender, port, work, warmUpMs: WARM_UP_MS, measureMs: seconds * 1000, cpuS });
}

function print(work: Work): void {
  const of = (contender: Contender) => runs.get(`${work.title} ${contender.name}`)!;
  const base = median(of(contenders[0]!), ({ deliveriesPerS }) => deliveriesPerS);
  say(`\n| ${work.title} | deliveries/s | × ws | p50 ms | p99 ms | server CPU s a million |`);
  say("| - | -: | -: | -: | -: | -: |");
  for (const contender of contenders) {
    const outcomes = of(contender);
    const perS = median(outcomes, ({ deliveriesPerS }) => deliveriesPerS);
    say(
      `| ${contender.name} | ${amount(perS)} | ${(perS / base).toFixed(1)} ` +
        `| ${median(outcomes, ({ p50Ms }) => p50Ms).toFixed(1)} ` +
        `| ${median(outcomes, ({ p99Ms }) => p99Ms).toFixed(1)} ` +
        `| ${median(outcomes, ({ cpuSPerMillion = NaN }) => cpuSPerMillion).toFixed(2)} |`,
    );
  }
}

function median<T>(all: readonly T[], of: (one: T) => number): number {
  const sorted = all.map(of).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function amount(n: number): string {
  return Math.round(n).toLocaleString("en");
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
