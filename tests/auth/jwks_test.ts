import { expect } from "@std/expect";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { jwt } from "../../src/auth/jwt.ts";
import { listen } from "../harness/server.ts";
import { claims, NOW_MS, outcome, type Pair, pair, signed } from "./tokens.ts";

/** An issuer: what it publishes, and how often it was asked. */
class Issuer {
  keys: readonly Pair[];
  asked: string[] = [];
  answer: (() => Response | Promise<Response>) | undefined;
  /** wall time in ms */
  nowMs = NOW_MS;
  readonly errors: unknown[] = [];

  constructor(...keys: readonly Pair[]) {
    this.keys = keys;
  }

  readonly verifier = jwt({
    jwksUrl: "https://id.example/keys",
    now: () => this.nowMs,
    jwks: {
      fetch: (url) => {
        this.asked.push(url);
        return Promise.resolve(this.answer?.() ?? Response.json({ keys: this.keys.map(({ jwk }) => jwk) }));
      },
      failed: (error) => this.errors.push(error),
    },
  });

  async shows(token: Promise<string>): Promise<string> {
    const found = await outcome(this.verifier.verify(await token));
    return typeof found === "string" ? found : found.userId;
  }
}

const key = await pair("RS256", "k1");
const next = await pair("ES256", "k2");
const attacker = await pair("RS256", "k1");
const far = (changed: Record<string, unknown> = {}) =>
  claims({ iat: undefined, exp: NOW_MS / 1000 + 1_000_000, ...changed });

Deno.test("a key set is fetched once, however many ask", async () => {
  const issuer = new Issuer(key, next);
  const shown = [key.sign(far()), next.sign(far()), key.sign(far())].map((token) => issuer.shows(token));
  expect(await Promise.all(shown)).toEqual(["anna", "anna", "anna"]);
  expect(issuer.asked).toEqual(["https://id.example/keys"]);
});

Deno.test("[threat A5] no key and no address is taken from a token", async () => {
  await using evil = listen();
  const header = { jku: `${evil.url}/keys`, x5u: `${evil.url}/cert`, jwk: attacker.jwk };
  const token = await attacker.sign(far(), header);
  const issuer = new Issuer(key);
  expect(await issuer.shows(Promise.resolve(token))).toBe("unauthorized");
  expect(new Set(issuer.asked)).toEqual(new Set(["https://id.example/keys"]));
  // the control: a verifier that uses the token's own key lets it in
  const { jwk } = decodeProtectedHeader(token);
  await jwtVerify(token, jwk!, { currentDate: new Date(NOW_MS) });
});

Deno.test("[threat A4] a key set's public key is no shared secret", async () => {
  const issuer = new Issuer(key);
  expect(await issuer.shows(signed(far(), key.pem))).toBe("unauthorized");
  // nobody is asked for keys of an algorithm that is never taken
  expect(issuer.asked).toEqual([]);
});

Deno.test("[threat A4] a key set with a shared secret in it verifies nothing with it", async () => {
  const secret = "a secret that was published by mistake!";
  const issuer = new Issuer(key);
  const oct = { kty: "oct", kid: "k3", alg: "HS256", k: btoa(secret).replaceAll("=", "") };
  issuer.answer = () => Response.json({ keys: [oct] });
  expect(await issuer.shows(signed(far(), secret, { kid: "k3" }))).toBe("unauthorized");
});

Deno.test("an unknown key makes us look again, and a flood of them does so once in 30 s", async () => {
  const issuer = new Issuer(key);
  expect(await issuer.shows(key.sign(far()))).toBe("anna");
  issuer.keys = [key, next];
  expect(await issuer.shows(next.sign(far()))).toBe("unauthorized");
  issuer.nowMs += 30_000;
  expect(await issuer.shows(next.sign(far()))).toBe("anna");
  expect(issuer.asked.length).toBe(2);
  issuer.nowMs += 30_000;
  const stranger = await pair("RS256", "unheard-of");
  for (let n = 0; n < 50; n++) expect(await issuer.shows(stranger.sign(far()))).toBe("unauthorized");
  expect(issuer.asked.length).toBe(3);
  // the control: a set without a cooldown is fetched for each of them
  let asked = 0;
  await using server = listen({}, () => () => {
    asked++;
    return Response.json({ keys: [] });
  });
  const naive = createRemoteJWKSet(new URL(server.url), { cooldownDuration: 0 });
  for (let n = 0; n < 5; n++) await jwtVerify(await stranger.sign(far()), naive).catch(() => {});
  expect(asked).toBeGreaterThan(3);
});

Deno.test("a key that was withdrawn counts no more once the set was fetched anew", async () => {
  const issuer = new Issuer(key, next);
  expect(await issuer.shows(next.sign(far()))).toBe("anna");
  issuer.keys = [key];
  issuer.nowMs += 10 * 60_000 + 1;
  // the first one after that still goes by the old set, and has it fetched
  expect(await issuer.shows(next.sign(far()))).toBe("anna");
  expect(await issuer.shows(key.sign(far()))).toBe("anna");
  expect(await issuer.shows(next.sign(far()))).toBe("unauthorized");
});

Deno.test("an issuer that is away does not lock anybody out for a day", async () => {
  const issuer = new Issuer(key);
  expect(await issuer.shows(key.sign(far()))).toBe("anna");
  issuer.answer = () => new Response("gone", { status: 502 });
  issuer.nowMs += 23 * 3600_000;
  expect(await issuer.shows(key.sign(far()))).toBe("anna");
  issuer.nowMs += 2 * 3600_000;
  expect(await issuer.shows(key.sign(far()))).toBe("internal");
  expect(issuer.errors.length).toBeGreaterThan(0);
  issuer.answer = undefined;
  issuer.nowMs += 30_000;
  expect(await issuer.shows(key.sign(far()))).toBe("anna");
});

for (
  const [name, answer] of Object.entries({
    "an error": () => new Response("no", { status: 500 }),
    "no JSON": () => new Response("<html>"),
    "no key set": () => Response.json({ keys: "none" }),
    "far too much": () => new Response(`{"keys":[],"x":"${"x".repeat(300_000)}"}`),
    "no answer": () => Promise.reject(new TypeError("connection refused")),
  })
) {
  Deno.test(`an issuer that answers with ${name} lets nobody in, and is not asked at once again`, async () => {
    const issuer = new Issuer(key);
    issuer.answer = answer;
    expect(await issuer.shows(key.sign(far()))).toBe("internal");
    expect(await issuer.shows(key.sign(far()))).toBe("internal");
    expect(issuer.asked.length).toBe(1);
    expect(issuer.errors.length).toBe(1);
  });
}

Deno.test("keys come over https, or from this machine", () => {
  for (const jwksUrl of ["http://id.example/keys", "ftp://id.example", "file:///etc/passwd", "keys", ""]) {
    expect(() => jwt({ jwksUrl })).toThrow("https:");
  }
  for (const jwksUrl of ["https://id.example/keys", "http://localhost:8080/keys", "http://[::1]/keys"]) {
    expect(() => jwt({ jwksUrl })).not.toThrow();
  }
});

Deno.test("[threat A5] a redirect at the issuer is not followed", async () => {
  await using evil = listen({}, () => () => Response.json({ keys: [attacker.jwk] }));
  await using issuer = listen({}, () => () => Response.redirect(evil.url));
  const url = issuer.url.replace("127.0.0.1", "localhost");
  const verifier = jwt({ jwksUrl: url, now: () => NOW_MS });
  const token = await attacker.sign(far());
  expect(await outcome(verifier.verify(token))).toBe("internal");
  // the control: who follows it gets the attacker's keys
  const followed = await (await fetch(url)).json();
  expect(followed.keys[0].n).toBe(attacker.jwk.n);
});
