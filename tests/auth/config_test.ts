import { expect } from "@std/expect";
import { ConfigError, readConfig } from "../../src/config.ts";
import { OLD_SECRET, pair, SECRET } from "./tokens.ts";

function mistakesOf(environment: Record<string, string>): string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n").slice(1).map((line) => line.trim());
    throw error;
  }
  return [];
}

Deno.test("keys, proxies and guests are read", async () => {
  const { pem } = await pair("ES256");
  const config = readConfig({
    JWT_SECRET: ` ${SECRET} , ${OLD_SECRET}`,
    JWT_PUBLIC_KEY: pem.replaceAll("\n", "\\n"),
    JWT_JWKS_URL: "https://id.example/keys",
    JWT_AUDIENCE: "chat",
    JWT_ISSUER: "https://id.example",
    API_KEY: OLD_SECRET,
    TRUSTED_PROXIES: "10.0.0.0/8, ::1",
    MAX_CONNECTS_PER_IP: "7",
    MAX_FAILED_LOGINS_PER_IP: "8",
    RATE_LIMIT_PER_USER: "9",
  });
  expect(config.jwt).toMatchObject({
    secrets: [SECRET, OLD_SECRET],
    jwksUrl: "https://id.example/keys",
    audience: "chat",
    issuer: "https://id.example",
  });
  expect(config.jwt?.publicKeys?.length).toBe(1);
  expect(config.guests).toBe(false);
  expect(config.serverKeys).toEqual([OLD_SECRET]);
  expect(config.trustedProxies).toEqual(["10.0.0.0/8", "::1"]);
  expect(config.connectsPerMinute).toBe(7);
  expect(config.failuresPerMinute).toBe(8);
  expect(config.limits.userRatePerSecond).toBe(9);
});

Deno.test("guests enter where there is no key, and beside one only when it is said", () => {
  expect(readConfig({}).guests).toBe(true);
  expect(readConfig({ JWT_SECRET: SECRET }).guests).toBe(false);
  expect(readConfig({ JWT_SECRET: SECRET, GUESTS: "1" }).guests).toBe(true);
  expect(mistakesOf({ GUESTS: "0" })).toEqual([expect.stringMatching(/^GUESTS="0": .* nobody could enter$/)]);
});

Deno.test("[threat E5] what a relay must not start with is named, all of it, and no secret is shown", () => {
  const found = mistakesOf({
    JWT_SECRET: "hunter2",
    JWT_PUBLIC_KEY: "hunter3",
    JWT_JWKS_URL: "http://id.example/keys",
    API_KEY: "hunter4",
    TRUSTED_PROXIES: "10.0.0.0/99",
  });
  const names = found.map((line) => line.split("=")[0]);
  expect(names).toEqual(["JWT_SECRET", "JWT_PUBLIC_KEY", "JWT_JWKS_URL", "API_KEY", "TRUSTED_PROXIES"]);
  expect(found.join()).not.toContain("hunter");
});

Deno.test("who names an audience and no key has misspelt the key: it must not become guest mode", () => {
  expect(mistakesOf({ JWT_AUDIENCE: "chat", JWT_SECRT: SECRET })[0]).toContain("JWT_AUDIENCE");
  expect(mistakesOf({ JWT_ISSUER: "https://id.example" })[0]).toContain("JWT_ISSUER");
});
