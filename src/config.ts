import * as z from "zod";
import { jwt, type JwtOptions } from "./auth/jwt.ts";
import { strongSecrets } from "./auth/secret_strength.ts";
import type { Limits } from "./hub/limits.ts";
import { type LogLevel, LogLevels } from "./observability/log.ts";
import type { RetentionOptions } from "./stores/retention.ts";
import { parseCidr } from "./transports/ip.ts";
import { WebhookEvent } from "./webhooks/events.ts";
import { secretBytes } from "./webhooks/signature.ts";
import { type WebhookOptions, webhookUrl } from "./webhooks/webhooks.ts";

const Count = z.coerce.number().int().min(0);
const text = z.string().trim().min(1);
const List = z.string().default("").transform(list);

/** Every variable the relay reads, with its default. README's table is checked against this. */
const Environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(8000),
  HOST: text.default("0.0.0.0"),
  WORKERS: Count.min(1).max(64).optional(),
  WORKER_STALL_MS: Count.min(500).default(5000),
  STORE: z.enum(["sqlite", "kv", "redis", "memory"]).optional(),
  DATA_DIR: text.default("./data"),
  KV_PATH: text.optional(),
  REDIS_URL: text.superRefine(proven(redisUrl)).optional(),
  REDIS_PREFIX: text.regex(/^[\w.:-]{1,64}$/, "must be 1 to 64 letters, digits, _ . : or -").default(
    "denbun",
  ),
  LOG_LEVEL: z.enum(LogLevels).default("info"),
  MESSAGE_LOG: z.stringbool().default(false),
  JWT_SECRET: List.superRefine(proven((secrets) => strongSecrets("a JWT secret", secrets))),
  JWT_PUBLIC_KEY: text.superRefine(proven((pem) => jwt({ publicKeys: [pem] }))).optional(),
  JWT_JWKS_URL: text.superRefine(proven((jwksUrl) => jwt({ jwksUrl }))).optional(),
  JWT_AUDIENCE: text.optional(),
  JWT_ISSUER: text.optional(),
  GUESTS: z.stringbool().optional(),
  API_KEY: List.superRefine(proven((keys) => strongSecrets("a server key", keys))),
  WEBHOOK_URL: text.superRefine(proven(webhookUrl)).optional(),
  WEBHOOK_SECRET: List.superRefine(proven(webhookSecrets)),
  WEBHOOK_EVENTS: List.pipe(z.array(z.enum(Object.values(WebhookEvent)))),
  TRUSTED_PROXIES: List.superRefine(proven((ranges) => ranges.map(parseCidr))),
  ALLOWED_ORIGINS: List.pipe(z.array(
    z.string().regex(
      /^https?:\/\/[^/]+$/,
      "must be origins like https://app.example, separated by commas",
    ),
  )),
  MAX_CONNECTIONS_PER_IP: Count.default(10),
  MAX_CONNECTS_PER_IP: Count.default(120),
  MAX_FAILED_LOGINS_PER_IP: Count.default(100),
  MAX_MEMORY_MB: Count.default(0),
  MAX_ROOMS_PER_CONNECTION: Count.default(100),
  MAX_MESSAGE_BYTES: Count.min(256).max(1024 * 1024).default(64 * 1024),
  RATE_LIMIT: Count.default(100),
  RATE_BURST: Count.min(1).default(200),
  RATE_LIMIT_EPHEMERAL: Count.default(120),
  RATE_LIMIT_PER_USER: Count.default(300),
  RETENTION_MESSAGES: Count.min(1).max(100_000).default(1000),
  RETENTION_HOURS: z.coerce.number().min(0).default(24),
});

/** What rooms can be kept in. */
export type StoreName = NonNullable<Env["STORE"]>;

/** What holds where the environment says nothing. */
export interface ConfigDefaults {
  readonly workers?: number;
  readonly store?: StoreName;
}

/** Stores that several isolates of a process can have at once. */
const MANY_ISOLATES: ReadonlySet<StoreName> = new Set(["sqlite", "redis"]);

/** The longest message a KV database takes: all of it has to fit into one commit. */
const MAX_KV_MESSAGE_BYTES = 256 * 1024;

/** What the environment says, checked. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** serving isolates that share the port */
  readonly workers: number;
  /** an isolate whose loop does not turn for this long is replaced */
  readonly isolateStallMs: number;
  readonly store: StoreName;
  readonly dataDir: string;
  /** a file, or the address of a managed database; without it what the platform assigned, or a file in `dataDir` */
  readonly kvPath: string | undefined;
  /** the Redis that has the rooms and carries news, with `STORE=redis` */
  readonly redis: { readonly url: string; readonly prefix: string } | undefined;
  readonly logLevel: LogLevel;
  /** one line a message that is stored, without its body */
  readonly messageLog: boolean;
  /** how the application's tokens are verified; nothing when there is no key */
  readonly jwt: JwtOptions | undefined;
  /** who brings nothing enters as a guest */
  readonly guests: boolean;
  readonly serverKeys: readonly string[];
  /** where the application is told what happens */
  readonly webhooks: WebhookOptions | undefined;
  readonly trustedProxies: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly maxConnectionsPerIp: number;
  readonly connectsPerMinute: number;
  readonly failuresPerMinute: number;
  /** above this many bytes connections are shed; 0 is any number */
  readonly maxMemoryBytes: number;
  readonly limits: Partial<Limits>;
  readonly retention: RetentionOptions;
}

/** The names of all variables: what the relay asks the environment for. */
export const variables: readonly string[] = Object.keys(Environment.shape);

/** What must not be shown, not even when it is wrong. */
const SECRET: ReadonlySet<string> = new Set([
  "JWT_SECRET",
  "JWT_PUBLIC_KEY",
  "API_KEY",
  "REDIS_URL",
  "WEBHOOK_URL",
  "WEBHOOK_SECRET",
]);

/** All mistakes of an environment at once. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads the configuration. An empty variable counts as one that is not there.
 * @throws {ConfigError} naming every variable that is wrong
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  defaults: ConfigDefaults = {},
): Config {
  const given = Object.fromEntries(
    variables.map((name) => [name, environment[name]] as const).filter(([, value]) =>
      value !== undefined && value !== ""
    ),
  );
  const storeOf = ({ STORE, REDIS_URL }: Env) =>
    STORE ?? (REDIS_URL === undefined ? defaults.store ?? "sqlite" : "redis");
  const result = Environment.superRefine((env, context) => {
    const { WORKERS = 1, GUESTS } = env;
    const store = storeOf(env);
    const mistake = (name: keyof Env, message: string) =>
      context.addIssue({ code: "custom", path: [name], message });
    if (!MANY_ISOLATES.has(store) && WORKERS > 1) {
      mistake("WORKERS", `a ${store} store serves one isolate of a process; use sqlite`);
    }
    if (store === "kv" && env.MAX_MESSAGE_BYTES > MAX_KV_MESSAGE_BYTES) {
      mistake("MAX_MESSAGE_BYTES", `a kv store takes messages of ${MAX_KV_MESSAGE_BYTES} bytes at most`);
    }
    if (store !== "kv" && env.KV_PATH !== undefined) {
      mistake("KV_PATH", "the store is another one: set STORE=kv");
    }
    if (store === "redis" && env.REDIS_URL === undefined) {
      mistake("STORE", "where the Redis is has to be said by REDIS_URL");
    }
    if (store !== "redis" && env.REDIS_URL !== undefined) {
      mistake("STORE", `with REDIS_URL the rooms are in Redis; a ${store} store would have rooms of its own`);
    }
    if (env.WEBHOOK_URL !== undefined && env.WEBHOOK_SECRET.length === 0) {
      mistake(
        "WEBHOOK_SECRET",
        "what is posted to WEBHOOK_URL has to be signed; try: openssl rand -base64 32",
      );
    }
    for (const name of ["WEBHOOK_SECRET", "WEBHOOK_EVENTS"] as const) {
      if (env.WEBHOOK_URL === undefined && env[name].length > 0) mistake(name, "there is no WEBHOOK_URL");
    }
    if (hasKey(env)) return;
    if (GUESTS === false) mistake("GUESTS", "without a key for tokens nobody could enter");
    for (const name of ["JWT_AUDIENCE", "JWT_ISSUER"] as const) {
      if (env[name] !== undefined) {
        mistake(name, "there is no key: set JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL");
      }
    }
  }).safeParse(given);
  if (!result.success) {
    const mistakes = result.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      const value = SECRET.has(name) ? "…" : JSON.stringify(given[name]);
      return `  ${name}=${value}: ${issue.message}`;
    });
    throw new ConfigError(`The environment is not right:\n${mistakes.join("\n")}`);
  }
  const env = result.data;
  const store = storeOf(env);
  return {
    port: env.PORT,
    host: env.HOST,
    workers: env.WORKERS ?? (MANY_ISOLATES.has(store) ? defaults.workers ?? 1 : 1),
    isolateStallMs: env.WORKER_STALL_MS,
    store,
    dataDir: env.DATA_DIR,
    kvPath: env.KV_PATH,
    redis: env.REDIS_URL === undefined ? undefined : { url: env.REDIS_URL, prefix: env.REDIS_PREFIX },
    logLevel: env.LOG_LEVEL,
    messageLog: env.MESSAGE_LOG,
    jwt: hasKey(env) ? jwtOptions(env) : undefined,
    guests: env.GUESTS ?? !hasKey(env),
    serverKeys: env.API_KEY,
    webhooks: webhookOptions(env),
    trustedProxies: env.TRUSTED_PROXIES,
    allowedOrigins: env.ALLOWED_ORIGINS,
    maxConnectionsPerIp: env.MAX_CONNECTIONS_PER_IP,
    connectsPerMinute: env.MAX_CONNECTS_PER_IP,
    failuresPerMinute: env.MAX_FAILED_LOGINS_PER_IP,
    maxMemoryBytes: env.MAX_MEMORY_MB * 1024 * 1024,
    limits: {
      maxRoomsPerSession: env.MAX_ROOMS_PER_CONNECTION,
      maxMessageBytes: env.MAX_MESSAGE_BYTES,
      ratePerSecond: env.RATE_LIMIT,
      rateBurst: env.RATE_BURST,
      ephemeralPerSecond: env.RATE_LIMIT_EPHEMERAL,
      userRatePerSecond: env.RATE_LIMIT_PER_USER,
    },
    retention: { retentionMessages: env.RETENTION_MESSAGES, retentionHours: env.RETENTION_HOURS },
  };
}

type Env = z.infer<typeof Environment>;

function redisUrl(text: string): void {
  const protocol = URL.parse(text)?.protocol;
  if (protocol === "redis:" || protocol === "rediss:") return;
  throw new TypeError("must be an address like redis://host:6379 or rediss://user:password@host:6380/0");
}

/** @throws {RangeError} when one is no secret or there are more than two */
function webhookSecrets(secrets: readonly string[]): void {
  if (secrets.length > 2) throw new RangeError("Cannot use a webhook secret: two are the most, for rotation");
  for (const secret of secrets) secretBytes(secret);
}

function webhookOptions({ WEBHOOK_URL, WEBHOOK_SECRET, WEBHOOK_EVENTS }: Env): WebhookOptions | undefined {
  if (WEBHOOK_URL === undefined) return undefined;
  return {
    url: WEBHOOK_URL,
    secrets: WEBHOOK_SECRET,
    ...WEBHOOK_EVENTS.length > 0 && { events: WEBHOOK_EVENTS },
  };
}

function hasKey({ JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL }: Env): boolean {
  return JWT_SECRET.length > 0 || JWT_PUBLIC_KEY !== undefined || JWT_JWKS_URL !== undefined;
}

function jwtOptions(env: Env): JwtOptions {
  return {
    secrets: env.JWT_SECRET,
    ...env.JWT_PUBLIC_KEY !== undefined && { publicKeys: [env.JWT_PUBLIC_KEY] },
    ...env.JWT_JWKS_URL !== undefined && { jwksUrl: env.JWT_JWKS_URL },
    ...env.JWT_AUDIENCE !== undefined && { audience: env.JWT_AUDIENCE },
    ...env.JWT_ISSUER !== undefined && { issuer: env.JWT_ISSUER },
  };
}

/** Makes what `check` throws an issue. */
function proven<T>(check: (value: T) => unknown): (value: T, context: z.RefinementCtx) => void {
  return (value, { addIssue }) => {
    try {
      check(value);
    } catch (error) {
      addIssue({ code: "custom", message: (error as Error).message });
    }
  };
}

function list(value: string): string[] {
  return value.split(",").map((part) => part.trim()).filter((part) => part !== "");
}
