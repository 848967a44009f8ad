import { type Config, ConfigError, readConfig, variables } from "../config.ts";

/** Reads the environment as far as the relay is concerned: it has no permission to read more. */
export function environment(): Record<string, string | undefined> {
  return Object.fromEntries(variables.map((name) => [name, Deno.env.get(name)]));
}

/**
 * The least the relay runs with, as flags: its own address, its key server, its folders, its variables; no
 * programs, no libraries, no other file. Workers are modules that are read, so they need to read the source.
 * @throws {ConfigError} when `DATA_DIR` cannot stand in a flag
 */
export function permissionFlags({ host, port, dataDir, jwt }: Config): string[] {
  if (/[\s,]/.test(dataDir)) {
    throw new ConfigError(
      `DATA_DIR=${JSON.stringify(dataDir)} cannot be a permission: it must not contain spaces or commas`,
    );
  }
  const address = host.includes(":") ? `[${host}]` : host;
  const net = [port === 0 ? address : `${address}:${port}`, ...keyServer(jwt?.jwksUrl)];
  return [
    "--no-prompt",
    `--allow-env=${variables.join(",")}`,
    `--allow-net=${net.join(",")}`,
    `--allow-read=src,static/dist,${dataDir}`,
    `--allow-write=${dataDir}`,
  ];
}

function keyServer(jwksUrl: string | undefined): string[] {
  if (jwksUrl === undefined) return [];
  const { hostname, port, protocol } = new URL(jwksUrl);
  return [`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`];
}

/** `deno run $(deno run src/process/permissions.ts) main.ts`: without the right ones main.ts says what is wrong. */
if (import.meta.main) {
  const write = (to: { writeSync(bytes: Uint8Array): number }, text: string) =>
    to.writeSync(new TextEncoder().encode(`${text}\n`));
  let flags = ["--no-prompt", `--allow-env=${variables.join(",")}`];
  try {
    flags = permissionFlags(readConfig(environment()));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    write(Deno.stderr, error.message);
  }
  write(Deno.stdout, flags.join(" "));
}
