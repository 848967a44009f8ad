import { expect } from "@std/expect";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import { secretBytes, sign } from "../../src/webhooks/signature.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const letter = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", atS: 1_614_265_330, body: '{"test": 2432232314}' };

Deno.test("[S3b] the signature is that of Standard Webhooks' own example", () => {
  expect(sign([secretBytes(SECRET)], letter)).toEqual({
    "webhook-id": letter.id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

Deno.test("[S3b] a receiver's library takes it, with either secret while they are rotated, and nothing altered", () => {
  const other = `whsec_${new Uint8Array(32).fill(7).toBase64()}`;
  const now = { id: "m-1", atS: Math.floor(Date.now() / 1000), body: '{"type":"user.left"}' };
  const headers = { ...sign([SECRET, other].map(secretBytes), now) };
  for (const secret of [SECRET, other]) {
    expect(new Webhook(secret).verify(now.body, headers)).toEqual({ type: "user.left" });
  }
  const strange = new Webhook(`whsec_${new Uint8Array(32).fill(8).toBase64()}`);
  expect(() => strange.verify(now.body, headers)).toThrow(WebhookVerificationError);
  const webhook = new Webhook(SECRET);
  expect(() => webhook.verify('{"type":"user.joined"}', headers)).toThrow(WebhookVerificationError);
  expect(() => webhook.verify(now.body, { ...headers, "webhook-id": "m-2" })).toThrow(
    WebhookVerificationError,
  );
  const old = { ...sign([secretBytes(SECRET)], { ...now, atS: now.atS - 600 }) };
  expect(() => webhook.verify(now.body, old)).toThrow(WebhookVerificationError);
});

Deno.test("[S3b] a secret is base64 of 24 to 64 bytes, with or without its prefix; what is none is not quoted", () => {
  expect(secretBytes(SECRET)).toEqual(secretBytes(SECRET.slice("whsec_".length)));
  for (
    const secret of [
      "whsec_",
      "whsec_c2hvcnQ=",
      new Uint8Array(65).toBase64(),
      "not base64 but very long indeed",
    ]
  ) {
    let message = "";
    try {
      secretBytes(secret);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain("Cannot use a webhook secret");
    expect(message).not.toContain(secret.slice(6, 20) || "whsec_");
  }
});
