import type { Command, Reply } from "../../redis/server.ts";
import { randomEpoch } from "../epoch.ts";
import type { Scripts } from "./run_scripts.ts";

/** What is written beside the logs of whom they were last seen with. */
interface Life {
  readonly epoch: string;
  readonly run: string;
  /** everything it ever answered was on its disk, and on nobody else's */
  readonly durable: boolean;
}

/** The server as it is now. */
interface ServerState {
  /** another one after each start */
  readonly run: string;
  /** it was another's replica before it became a master */
  readonly promoted: boolean;
  readonly durable: boolean;
  readonly mayEvict: boolean;
}

export interface LifeDeps {
  readonly key: string;
  /** the epoch as this node knows it, if it knows one */
  readonly known: string | undefined;
  /** Whether a log that this node knows is shorter now. */
  readonly shorter: (command: Command) => Promise<boolean>;
  /** An epoch ended, and why. */
  readonly ended: (reason: string) => void;
  /** The server may throw away what it holds. */
  readonly mayEvict: () => void;
}

/**
 * Which epoch counts on the server at the other end. It stays the same over a restart of which nothing acknowledged
 * can be missing: the server wrote each command to its disk before it answered, alone, and no log that this node
 * knows got shorter. Everything else, an empty server, one that writes its disk later, a replica that took over,
 * begins a new one: a client that goes on from a position of the old one is told so instead of missing something.
 * @throws {Error} when the server does not write, or does not answer
 */
export async function settleLife(command: Command, scripts: Scripts, deps: LifeDeps): Promise<string> {
  // in one go: on a slow line each question costs
  const [now, life] = await Promise.all([stateOf(command), lifeOf(command, deps.key)]);
  if (now.mayEvict) deps.mayEvict();
  return await goOn(life, now, command, scripts, deps);
}

async function goOn(
  life: Life | undefined,
  now: ServerState,
  command: Command,
  scripts: Scripts,
  deps: LifeDeps,
): Promise<string> {
  const reason = life
    ? whyNot(life, now) ?? await shortened(life, now, deps, command)
    : deps.known && "the server is empty, or was emptied";
  const epoch = life && reason === undefined ? life.epoch : randomEpoch();
  if (life?.epoch === epoch && life.run === now.run && life.durable === now.durable) return epoch;
  const replaced = await replaceLife(command, scripts, deps.key, life, { ...now, epoch });
  // another node was faster: what it made of it may be as good
  if (!replaced) return await goOn(await lifeOf(command, deps.key), now, command, scripts, deps);
  if (reason !== undefined) deps.ended(reason);
  return epoch;
}

/** Ends the epoch that counts, if it is still this one. */
export async function endLife(command: Command, scripts: Scripts, key: string, epoch: string) {
  const life = await lifeOf(command, key);
  if (life?.epoch !== epoch) return;
  await replaceLife(command, scripts, key, life, { ...life, epoch: randomEpoch() });
}

/** Whether nobody else did. */
async function replaceLife(
  command: Command,
  scripts: Scripts,
  key: string,
  life: Life | undefined,
  next: Life,
): Promise<boolean> {
  const { epoch = "", run = "" } = life ?? {};
  const args = [epoch, run, next.epoch, next.run, next.durable ? "1" : "0"];
  return await scripts.run(command, "settle", [key], args) === 1;
}

/** Why the epoch cannot go on, or nothing. */
function whyNot(life: Life, now: ServerState): string | undefined {
  if (life.run === now.run) return undefined;
  if (now.promoted) return "a replica took over";
  if (!life.durable || !now.durable) {
    return "the server was started again, and writes its disk after it answers";
  }
  return undefined;
}

async function shortened(life: Life, now: ServerState, deps: LifeDeps, command: Command) {
  if (life.run === now.run) return undefined;
  return await deps.shorter(command) ? "a log is shorter than it was" : undefined;
}

async function lifeOf(command: Command, key: string): Promise<Life | undefined> {
  const fields = await command("HMGET", key, "epoch", "run", "durable");
  const [epoch, run, durable] = fields as (string | null)[];
  if (!epoch) return undefined;
  return { epoch, run: run ?? "", durable: durable === "1" };
}

async function stateOf(command: Command): Promise<ServerState> {
  const always = syncsAlways(command);
  const [server, replication, persistence, memory] = await Promise.all(
    ["server", "replication", "persistence", "memory"].map((part) => command("INFO", part)),
  );
  const says = (name: string, reply: Reply | undefined) =>
    new RegExp(`^${name}:(.*?)\r?$`, "m").exec(String(reply))?.[1] ?? "";
  if (says("role", replication) !== "master") throw new Error("the server is a replica: it does not write");
  const alone = says("connected_slaves", replication) === "0";
  const logged = says("aof_enabled", persistence) === "1";
  return {
    run: says("run_id", server),
    // a restart from its own log clears it
    promoted: !/^0*$/.test(says("master_replid2", replication)),
    durable: alone && logged && await always,
    mayEvict: says("maxmemory", memory) !== "0" && says("maxmemory_policy", memory) !== "noeviction",
  };
}

/** A server that does not let us ask is taken for one that does not. */
async function syncsAlways(command: Command): Promise<boolean> {
  try {
    const reply = await command("CONFIG", "GET", "appendfsync");
    const fields: readonly unknown[] = Array.isArray(reply) ? reply : Object.values(reply as object);
    return fields.includes("always");
  } catch {
    return false;
  }
}
