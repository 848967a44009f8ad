import { expect } from "@std/expect";
import { ConfigError, readConfig, variables } from "../src/config.ts";
import { defaultLimits } from "../src/hub/limits.ts";

function mistakesOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("the environment was taken");
}

Deno.test("without variables the relay has the defaults its documents name", () => {
  const { limits, ...rest } = readConfig({});
  expect(rest).toEqual({
    port: 8000,
    host: "0.0.0.0",
    workers: 1,
    isolateStallMs: 5000,
    store: "sqlite",
    dataDir: "./data",
    kvPath: undefined,
    redis: undefined,
    logLevel: "info",
    messageLog: false,
    jwt: undefined,
    guests: true,
    serverKeys: [],
    trustedProxies: [],
    allowedOrigins: [],
    maxConnectionsPerIp: 10,
    maxMemoryBytes: 0,
    connectsPerMinute: 120,
    failuresPerMinute: 100,
    retention: { retentionMessages: 1000, retentionHours: 24 },
  });
  // an unset variable must not turn a limit of the hub into another one
  expect({ ...defaultLimits, ...limits }).toEqual(defaultLimits);
});

Deno.test("an empty variable counts as one that is not there", () => {
  const empty = Object.fromEntries(variables.map((name) => [name, ""]));
  expect(readConfig(empty)).toEqual(readConfig({}));
});

Deno.test("what is set is read", () => {
  const config = readConfig({
    PORT: "9000",
    HOST: " 127.0.0.1 ",
    STORE: "memory",
    LOG_LEVEL: "silent",
    MESSAGE_LOG: "1",
    ALLOWED_ORIGINS: "https://app.example, http://localhost:3000",
    MAX_CONNECTIONS_PER_IP: "0",
    MAX_ROOMS_PER_CONNECTION: "0",
    MAX_MESSAGE_BYTES: "1024",
    RATE_LIMIT: "0",
    RETENTION_HOURS: "0.5",
    PATH: "/usr/bin",
  });
  expect(config.port).toBe(9000);
  expect(config.host).toBe("127.0.0.1");
  expect(config.store).toBe("memory");
  expect(config.logLevel).toBe("silent");
  expect(config.messageLog).toBe(true);
  expect(config.allowedOrigins).toEqual(["https://app.example", "http://localhost:3000"]);
  expect(config.maxConnectionsPerIp).toBe(0);
  expect(config.limits).toMatchObject({ maxRoomsPerSession: 0, maxMessageBytes: 1024, ratePerSecond: 0 });
  expect(config.retention).toEqual({ retentionMessages: 1000, retentionHours: 0.5 });
});

Deno.test("all mistakes are named at once, each with its variable and its value", () => {
  const message = mistakesOf({
    PORT: "eighty",
    STORE: "postgres",
    LOG_LEVEL: "loud",
    MESSAGE_LOG: "sometimes",
    ALLOWED_ORIGINS: "https://app.example/path",
    MAX_CONNECTIONS_PER_IP: "-1",
    MAX_ROOMS_PER_CONNECTION: "1.5",
    MAX_MESSAGE_BYTES: "12",
    RATE_BURST: "0",
    RETENTION_MESSAGES: "100001",
    RETENTION_HOURS: "-1",
  });
  const lines = message.split("\n").slice(1).map((line) => line.trim().split("=")[0]);
  expect(lines).toEqual([
    "PORT",
    "STORE",
    "LOG_LEVEL",
    "MESSAGE_LOG",
    "ALLOWED_ORIGINS",
    "MAX_CONNECTIONS_PER_IP",
    "MAX_ROOMS_PER_CONNECTION",
    "MAX_MESSAGE_BYTES",
    "RATE_BURST",
    "RETENTION_MESSAGES",
    "RETENTION_HOURS",
  ]);
  expect(message).toContain('PORT="eighty"');
});

Deno.test("with REDIS_URL the rooms are in Redis; what cannot be right is refused", () => {
  const url = "rediss://user:secret-word@redis.example:6380/2";
  const config = readConfig({ REDIS_URL: url, REDIS_PREFIX: "relay-2", WORKERS: "4" });
  expect(config).toMatchObject({ store: "redis", workers: 4, redis: { url, prefix: "relay-2" } });
  expect(readConfig({ REDIS_URL: url, STORE: "redis" }).redis?.prefix).toBe("denbun");
  expect(mistakesOf({ STORE: "redis" })).toContain('STORE="redis": where the Redis is');
  for (const STORE of ["sqlite", "memory"]) {
    expect(mistakesOf({ REDIS_URL: url, STORE })).toContain(`a ${STORE} store would have rooms of its own`);
  }
  for (const REDIS_URL of ["redis.example:6379", "https://redis.example", "secret-word"]) {
    const mistakes = mistakesOf({ REDIS_URL });
    expect(mistakes).toContain("REDIS_URL=…: must be an address like redis://host:6379");
    expect(mistakes).not.toContain("secret-word");
  }
  expect(mistakesOf({ REDIS_URL: url, REDIS_PREFIX: "{a}" })).toContain("REDIS_PREFIX");
});

Deno.test("[S3] webhooks need an address and a secret, and know their events; neither is shown", () => {
  const secret = `whsec_${new Uint8Array(32).fill(42).toBase64()}`;
  const url = "https://app.example/hooks?key=secret-word";
  expect(readConfig({}).webhooks).toBeUndefined();
  expect(readConfig({ WEBHOOK_URL: url, WEBHOOK_SECRET: `${secret},${secret}` }).webhooks)
    .toEqual({ url, secrets: [secret, secret] });
  const some = { WEBHOOK_URL: url, WEBHOOK_SECRET: secret, WEBHOOK_EVENTS: "user.left, message.saved" };
  expect(readConfig(some).webhooks?.events).toEqual(["user.left", "message.saved"]);
  const wrong: [Record<string, string>, string][] = [
    [{ WEBHOOK_URL: url }, "WEBHOOK_SECRET=…: what is posted to WEBHOOK_URL has to be signed"],
    [{ WEBHOOK_SECRET: secret }, "WEBHOOK_SECRET=…: there is no WEBHOOK_URL"],
    [{ WEBHOOK_EVENTS: "user.left" }, "there is no WEBHOOK_URL"],
    [{ ...some, WEBHOOK_EVENTS: "user.danced" }, 'WEBHOOK_EVENTS="user.danced"'],
    [{ ...some, WEBHOOK_URL: "ftp://secret-word" }, "WEBHOOK_URL=…: must be an address like https://"],
    [{ ...some, WEBHOOK_URL: "https://me:secret-word@app.example" }, "without user and password"],
    [{ ...some, WEBHOOK_SECRET: "secret-word" }, "WEBHOOK_SECRET=…: Cannot use a webhook secret"],
    [{ ...some, WEBHOOK_SECRET: `${secret},${secret},${secret}` }, "two are the most"],
  ];
  for (const [environment, mistake] of wrong) {
    const mistakes = mistakesOf(environment);
    expect(mistakes).toContain(mistake);
    expect(mistakes).not.toContain("secret-word");
  }
});

Deno.test("README's table names every variable and no other", async () => {
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  const rows = readme.matchAll(/^\|\s*`([A-Z][A-Z0-9_]+)`/gm);
  expect([...rows].map(([, name]) => name).toSorted()).toEqual(variables.toSorted());
});
