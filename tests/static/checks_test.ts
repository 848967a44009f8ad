import { expect } from "@std/expect";
import { checksOf } from "../../static/landing/model/checks.ts";
import { landingWords } from "../../static/landing/words.ts";

const posture = {
  guests: false,
  tokens: true,
  serverKey: true,
  otherOrigins: false,
  messageLimit: true,
  connectionLimit: true,
  durable: true,
};
const readiness = { store: "ok", backplane: "ok", draining: false };
const open = { protocol: "https:", hostname: "relay.example" };

Deno.test("a relay that is ready for the public has nothing to look at", () => {
  expect(checksOf(posture, readiness, open).filter(({ state }) => state !== "good")).toEqual([]);
});

Deno.test("each thing that is amiss is said, and nothing else", () => {
  const amiss: readonly [object, object, typeof open, string][] = [
    [{ guests: true, tokens: false }, {}, open, "auth look guests"],
    [{ guests: true }, {}, open, "auth look both"],
    [{ messageLimit: false }, {}, open, "limits look off"],
    [{ connectionLimit: false }, {}, open, "limits look off"],
    [{ serverKey: false }, {}, open, "serverKey look off"],
    [{ durable: false }, {}, open, "store look memory"],
    [{}, { store: "unavailable" }, open, "store bad away"],
    [{}, { backplane: "unavailable" }, open, "backplane bad away"],
    [{}, { untrustedProxy: true }, open, "proxy look untrusted"],
    [{}, {}, { ...open, protocol: "http:" }, "tls look off"],
  ];
  for (const [changed, changedReadiness, where, expected] of amiss) {
    const checks = checksOf({ ...posture, ...changed }, { ...readiness, ...changedReadiness }, where);
    const found = checks.filter(({ state }) => state !== "good");
    expect(found.map(({ id, state, says }) => `${id} ${state} ${says}`)).toEqual([expected]);
    const { says } = landingWords.ja.checks[found[0]!.id];
    expect(Object.keys(says)).toContain(found[0]!.says);
  }
});

Deno.test("on the machine itself nothing has to be encrypted", () => {
  const [tls] = checksOf(posture, readiness, { protocol: "http:", hostname: "127.0.0.1" });
  expect(tls).toEqual({ id: "tls", state: "good", says: "local" });
});
