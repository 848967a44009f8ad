import { type Config, ConfigError, readConfig, variables } from "../config.ts";
import { platformVariables } from "./platform.ts";

/** What Yjs asks for when it is loaded: none of them is a secret, and without them it does not load. */
const libraryVariables = [
  "COLORTERM",
  "FORCE_COLOR",
  "LOG",
  "NODE_ENV",
  "NO_COLOR",
  "PRODUCTION",
  "TERM",
] as const;

/** Every variable the process may read. */
export const readable: readonly string[] = [...variables, ...platformVariables, ...libraryVariables];

/** Reads the environment as far as the relay is concerned: it has no permission to read more. */
export function environment(): Record<string, string | undefined> {
  return Object.fromEntries(variables.map((name) => [name, Deno.env.get(name)]));
}

/**
 * The least the relay runs with, as flags: its own address, its key server, its Redis, your webhook, its folders, its
 * variables; no programs, no libraries, no other file. Workers are modules that are read, so they need to read the
 * source.
 * @throws {ConfigError} when `DATA_DIR` or `KV_PATH` cannot stand in a flag
 */
export function permissionFlags(
  { host, port, store, dataDir, kvPath, redis, jwt, webhooks }: Config,
): string[] {
  for (const [name, path] of [["DATA_DIR", dataDir], ["KV_PATH", kvPath ?? ""]]) {
    if (!/[\s,]/.test(path!)) continue;
    throw new ConfigError(
      `${name}=${JSON.stringify(path)} cannot be a permission: it must not contain spaces or commas`,
    );
  }
  const managed = kvPath !== undefined && isAddress(kvPath);
  // SQLite keeps two more files beside a database
  const files = kvPath === undefined || managed ? [] : ["", "-wal", "-shm"].map((end) => kvPath + end);
  const address = host.includes(":") ? `[${host}]` : host;
  const net = [
    port === 0 ? address : `${address}:${port}`,
    ...hostOf(jwt?.jwksUrl),
    ...hostOf(managed ? kvPath : undefined),
    ...hostOf(redis?.url),
    ...hostOf(webhooks?.url),
  ];
  // with its rooms elsewhere the relay writes nothing here
  const paths = store === "redis" ? [] : [dataDir, ...files];
  return [
    "--no-prompt",
    `--allow-env=${readable.join(",")}`,
    `--allow-net=${net.join(",")}`,
    `--allow-read=${["src", "static/dist", ...paths].join(",")}`,
    ...paths.length > 0 ? [`--allow-write=${paths.join(",")}`] : [],
  ];
}

function isAddress(path: string): boolean {
  return /^https?:/.test(path);
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "https:": 443,
  "http:": 80,
  "redis:": 6379,
  "rediss:": 6379,
};

/** An address on the network, as it stands in a flag. */
function hostOf(address: string | undefined): string[] {
  if (address === undefined) return [];
  const { hostname, port, protocol } = new URL(address);
  return [`${hostname}:${port || DEFAULT_PORTS[protocol]}`];
}

/** `deno run $(deno run src/process/permissions.ts) main.ts`: without the right ones main.ts says what is wrong. */
if (import.meta.main) {
  const write = (to: { writeSync(bytes: Uint8Array): number }, text: string) =>
    to.writeSync(new TextEncoder().encode(`${text}\n`));
  let flags = ["--no-prompt", `--allow-env=${readable.join(",")}`];
  try {
    flags = permissionFlags(readConfig(environment()));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    write(Deno.stderr, error.message);
  }
  write(Deno.stdout, flags.join(" "));
}
