import { expect } from "@std/expect";
import { compactVerify, decodeJwt, jwtVerify } from "jose";
import { jwt } from "../../src/auth/jwt.ts";
import {
  base64url,
  type Claims,
  claims,
  forged,
  NOW_MS,
  NOW_S,
  OLD_SECRET,
  outcome,
  pair,
  SECRET,
  signed,
} from "./tokens.ts";

const now = () => NOW_MS;
const rsa = await pair("RS256");
const hs = jwt({ secrets: [SECRET], now });
const audience = jwt({ secrets: [SECRET], audience: "chat", issuer: "https://id.example", now });
const rs = jwt({ publicKeys: [rsa.pem], now });
const bytes = (text: string) => new TextEncoder().encode(text);

/** One way to get in that must not work, and a verifier without the defence, with which it does. */
interface Attack {
  readonly name: string;
  readonly token: string | Promise<string>;
  readonly defended?: typeof hs;
  readonly naive: (token: string) => unknown;
}

/** Believes what a token says of itself. */
const believes = (token: string) => decodeJwt(token);
/** What the library checks by itself when nothing is asked of it. */
const asksNothing = (token: string) =>
  jwtVerify(token, bytes(SECRET), { currentDate: new Date(NOW_MS) }).then(({ payload }) => payload);
/** Looks at the signature alone. */
const signatureOnly = (token: string) =>
  compactVerify(token, bytes(SECRET)).then(({ payload }) => JSON.parse(new TextDecoder().decode(payload)));

const right = base64url(claims());
const long = "x".repeat(9000);
const raw = (text: string) => {
  const head = base64url({ alg: "HS256" });
  return rawSigned(`${head}.${base64url(text)}`);
};
async function rawSigned(input: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(SECRET), algorithm, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(input)));
  return `${input}.${signature.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

const attacks: Record<string, readonly Attack[]> = {
  "threat A2": [
    { name: "a token of another secret", token: signed(claims(), OLD_SECRET), naive: believes },
    { name: "no signature", token: `${base64url({ alg: "HS256" })}.${right}.`, naive: believes },
  ],
  "threat A3": ["none", "NONE", "nOnE", "None"].map((alg) => ({
    name: `alg ${alg}`,
    token: forged({ alg, typ: "JWT" }, claims()),
    naive: believes,
  })),
  "threat A4": [
    {
      name: "HS256 with the public key as secret",
      token: signed(claims(), rsa.pem),
      defended: rs,
      naive: (token) => jwtVerify(token, bytes(rsa.pem), { currentDate: new Date(NOW_MS) }),
    },
    { name: "HS512 for HS256", token: hs512(claims()), naive: asksNothing },
  ],
  "threat A5": [
    "../../dev/null",
    "' OR 1=1 --",
    "https://evil.example/keys",
    "file:///etc/passwd",
  ].map((kid) => ({
    name: `kid ${kid}`,
    token: signed(claims(), OLD_SECRET, { kid }),
    naive: believes,
  })),
  "threat A6": [
    { name: "no exp", token: signed(claims({ exp: undefined })), naive: asksNothing },
    { name: "no sub", token: signed(claims({ sub: undefined })), naive: asksNothing },
    { name: "exp a moment ago", token: signed(claims({ exp: NOW_S - 1 })), naive: signatureOnly },
    { name: "exp as text", token: raw(`{"sub":"anna","exp":"${NOW_S + 60}"}`), naive: signatureOnly },
    { name: "exp without end", token: raw(`{"sub":"anna","exp":1e400}`), naive: asksNothing },
    { name: "exp beyond dates", token: signed(claims({ exp: 9e12 })), naive: asksNothing },
    { name: "negative exp", token: signed(claims({ exp: -NOW_S })), naive: signatureOnly },
    { name: "nbf in a minute", token: signed(claims({ nbf: NOW_S + 60 })), naive: signatureOnly },
    { name: "iat in a minute", token: signed(claims({ iat: NOW_S + 60 })), naive: asksNothing },
  ],
  "threat A7": [
    { name: "no aud and iss", token: signed(claims()), defended: audience, naive: asksNothing },
    {
      name: "another aud",
      token: signed(claims({ aud: "mail", iss: "https://id.example" })),
      defended: audience,
      naive: asksNothing,
    },
    {
      name: "another iss",
      token: signed(claims({ aud: "chat", iss: "https://evil.example" })),
      defended: audience,
      naive: asksNothing,
    },
  ],
  "threat A8": [
    { name: "10 kB, rightly signed", token: signed(claims({ more: long })), naive: asksNothing },
    { name: "a kid of 10 kB", token: signed(claims(), SECRET, { kid: long }), naive: asksNothing },
  ],
  "threat B8": [
    {
      name: "a guest's userId",
      token: signed(claims({ sub: "guest-00000000000000000000" })),
      naive: asksNothing,
    },
    { name: "the application's own userId", token: signed(claims({ sub: "@server" })), naive: asksNothing },
    { name: "a userId with a line break", token: signed(claims({ sub: "anna\nben" })), naive: asksNothing },
  ],
  "threat B2": [
    {
      name: "rooms that are no patterns",
      token: signed(claims({ rooms: { "team-[0-9]": "rw" } })),
      naive: asksNothing,
    },
    { name: "a * in the middle", token: signed(claims({ rooms: { "a*b": "rw" } })), naive: asksNothing },
    { name: "rights that are none", token: signed(claims({ rooms: { "tea": "rwx" } })), naive: asksNothing },
    { name: "rooms as a list", token: signed(claims({ rooms: ["tea"] })), naive: asksNothing },
  ],
};

function hs512(payload: Claims): Promise<string> {
  const input = `${base64url({ alg: "HS512" })}.${base64url(payload)}`;
  return crypto.subtle.importKey("raw", bytes(SECRET), { name: "HMAC", hash: "SHA-512" }, false, ["sign"])
    .then((key) => crypto.subtle.sign("HMAC", key, bytes(input)))
    .then((mac) => `${input}.${new Uint8Array(mac).toBase64({ alphabet: "base64url", omitPadding: true })}`);
}

for (const row of ["threat A6", "threat A7", "threat B8", "threat B2"]) {
  for (const { name, token, defended } of attacks[row]!) {
    Deno.test(`[${row}] ${name}: 401 whoever signed it`, async () => {
      const wanted = defended === audience ? { audience: "chat", issuer: "https://id.example" } : {};
      const verifier = jwt({ publicKeys: [rsa.pem], now, ...wanted });
      const [, body] = (await token).split(".");
      const text = new TextDecoder().decode(Uint8Array.fromBase64(body!, { alphabet: "base64url" }));
      expect(await outcome(verifier.verify(await rsa.signText(text)))).toBe("unauthorized");
    });
  }
}

for (const [row, ways] of Object.entries(attacks)) {
  for (const { name, token, defended = hs, naive } of ways) {
    Deno.test(`[${row}] ${name}: 401, though a verifier without this defence lets it in`, async () => {
      expect(await outcome(defended.verify(await token))).toBe("unauthorized");
      // the control: the attack is one
      expect(await naive(await token)).toBeDefined();
    });
  }
}

Deno.test("[threat A8] over a token of 1 MB nothing is computed", async () => {
  const token = forged({ alg: "HS256" }, { padding: "x".repeat(1_000_000) }, "x");
  const startMs = performance.now();
  for (let n = 0; n < 100; n++) expect(await outcome(hs.verify(token))).toBe("unauthorized");
  // one look at its length each: verifying would hash 100 MB
  expect(performance.now() - startMs).toBeLessThan(100);
});

Deno.test("[threat A2] whatever is no token is unauthorized, never an error of ours", async () => {
  const odd = ["", ".", "..", "...", "a", "a.b.c", "é.é.é", "null.null.null", `${base64url("[]")}.e30.x`];
  odd.push(`${base64url({ alg: ["HS256"] })}.e30.x`, `${base64url({ alg: "HS256", kid: 7 })}.e30.x`);
  odd.push(`${base64url({ alg: "HS256", crit: ["exp"] })}.e30.x`, `${base64url({ alg: "__proto__" })}.e30.x`);
  for (const token of odd) expect([token, await outcome(hs.verify(token))]).toEqual([token, "unauthorized"]);
});

Deno.test("a right token says who it is, how long, and what it may", async () => {
  const token = await signed(claims({
    jti: "t-1",
    scope: "openid denbun:events",
    rooms: { "team-*": "rw", "ops": "rwa" },
  }));
  expect(await hs.verify(token)).toEqual({
    userId: "anna",
    userName: "Anna",
    issuedAtMs: NOW_MS,
    expiresAtMs: NOW_MS + 3600_000,
    tokenId: "t-1",
    scope: ["openid", "denbun:events"],
    grants: [
      { pattern: "team-*", rights: ["read", "write"] },
      { pattern: "ops", rights: ["read", "write", "admin"] },
    ],
  });
});

Deno.test("[threat A6] clocks may differ by half a minute, but a token ends when it says", async () => {
  const verified = (changed: Claims) => signed(claims(changed)).then((token) => outcome(hs.verify(token)));
  expect(await verified({ nbf: NOW_S + 29 })).toMatchObject({ userId: "anna" });
  expect(await verified({ iat: NOW_S + 29 })).toMatchObject({ userId: "anna" });
  expect(await verified({ exp: NOW_S + 0.5 })).toMatchObject({ expiresAtMs: NOW_MS + 500 });
  expect(await verified({ exp: NOW_S })).toBe("unauthorized");
});

Deno.test("[threat A7] aud may be one of several", async () => {
  const token = await signed(claims({ aud: ["mail", "chat"], iss: "https://id.example" }));
  expect(await audience.verify(token)).toMatchObject({ userId: "anna" });
});

Deno.test("a name that breaks the rules is cut or left away: it locks nobody out", async () => {
  const nameOf = async (name: unknown) => (await hs.verify(await signed(claims({ name })))).userName;
  expect(await nameOf("x".repeat(100))).toBe("x".repeat(64));
  expect(await nameOf("a\nb")).toBe("anna");
  expect(await nameOf("")).toBe("anna");
  expect(await nameOf(undefined)).toBe("anna");
});

Deno.test("[threat E5] while secrets are rotated both count, and then the old one does not", async () => {
  const both = jwt({ secrets: [SECRET, OLD_SECRET], now });
  const old = await signed(claims(), OLD_SECRET);
  expect(await both.verify(old)).toMatchObject({ userId: "anna" });
  expect(await both.verify(await signed(claims()))).toMatchObject({ userId: "anna" });
  expect(await outcome(hs.verify(old))).toBe("unauthorized");
});

Deno.test("[threat E5] a weak secret is refused at construction, and never quoted", () => {
  const weak = [
    "hunter2",
    "x".repeat(31),
    "a".repeat(64),
    "changeme".repeat(8),
    "your-256-bit-secret-goes-here-123456",
  ];
  for (const secret of weak) {
    expect(() => jwt({ secrets: [secret] })).toThrow(RangeError);
    expect(() => jwt({ secrets: [secret] })).not.toThrow(new RegExp(secret.slice(0, 8)));
  }
  expect(() => jwt({ secrets: [SECRET, OLD_SECRET, SECRET + "3"] })).toThrow("two are the most");
  expect(() => jwt({ secrets: [btoa(crypto.randomUUID())] })).not.toThrow();
  expect(() => jwt({})).toThrow("there is no key");
});

for (const alg of ["RS256", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"]) {
  Deno.test(`a public key in PEM verifies ${alg}, and only its own kind`, async () => {
    const key = await pair(alg);
    const verifier = jwt({ publicKeys: [key.pem.replaceAll("\n", "\\n")], now });
    expect(await verifier.verify(await key.sign(claims()))).toMatchObject({ userId: "anna" });
    expect(await outcome(verifier.verify(await (await pair(alg)).sign(claims())))).toBe("unauthorized");
    expect(await outcome(verifier.verify(await signed(claims())))).toBe("unauthorized");
    expect(await outcome(verifier.verify(await signed(claims(), key.pem)))).toBe("unauthorized");
  });
}

Deno.test("several public keys may stand in one text, and a secret beside them", async () => {
  const other = await pair("ES256");
  const verifier = jwt({ secrets: [SECRET], publicKeys: [`${rsa.pem}\n${other.pem}`], now });
  for (const token of [await rsa.sign(claims()), await other.sign(claims()), await signed(claims())]) {
    expect(await verifier.verify(token)).toMatchObject({ userId: "anna" });
  }
});

Deno.test("what is no public key is refused at construction", async () => {
  const small = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 1024,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
    true,
    ["sign", "verify"],
  );
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", small.publicKey)).toBase64();
  const wrong = {
    "it is not PEM": "ssh-rsa AAAA",
    "only -----BEGIN PUBLIC KEY-----": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    "its contents are no key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    "RSA keys need 2048 bits": `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----`,
  };
  for (const [reason, pem] of Object.entries(wrong)) expect(() => jwt({ publicKeys: [pem] })).toThrow(reason);
});
