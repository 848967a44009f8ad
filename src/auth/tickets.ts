import * as z from "zod";
import type { Clock, Identity, Table } from "../hub/ports.ts";
import { sign, verified } from "./hs256.ts";
import { Moment } from "./moment.ts";
import { SigningKey } from "./signing_key.ts";
import { unauthorized } from "./unauthorized.ts";

const AUDIENCE = "denbun-ticket";
const LIFETIME_MS = 30_000;
/** Used tickets are remembered until they would be too old anyway, whatever clock looks at them. */
const REMEMBERED_MS = 4 * LIFETIME_MS;

export interface Ticket {
  readonly ticket: string;
  readonly expiresAtMs: number;
}

/** What an identity is made of; a ticket's signature vouches for the rest. */
const Holder = z.object({
  userId: z.string(),
  userName: z.string(),
  expiresAtMs: z.number().exactOptional(),
  issuedAtMs: z.number().exactOptional(),
  tokenId: z.string().exactOptional(),
  grants: z.array(z.object({ pattern: z.string(), rights: z.array(z.enum(["read", "write", "admin"])) }))
    .exactOptional(),
  scope: z.array(z.string()).exactOptional(),
});

const Claims = z.object({ aud: z.literal(AUDIENCE), jti: z.string(), exp: Moment, holder: Holder });

/**
 * Credentials for where only an address can be given, as in a browser's WebSocket: an address ends up in logs, so
 * a ticket lives for 30 s and lets its holder in once. Whoever redeems it first has it: the store decides. [C2]
 */
export class Tickets {
  readonly #table: Table;
  readonly #clock: Pick<Clock, "now">;
  readonly #key: SigningKey;

  constructor(table: Table, clock: Pick<Clock, "now">) {
    this.#table = table;
    this.#clock = clock;
    this.#key = new SigningKey(table, "tickets");
  }

  async issue(holder: Identity): Promise<Ticket> {
    const expiresAtMs = this.#clock.now() + LIFETIME_MS;
    const exp = Math.floor(expiresAtMs / 1000);
    const claims = { holder, aud: AUDIENCE, jti: crypto.randomUUID(), exp };
    const ticket = sign(claims, await this.#key.get());
    return { ticket, expiresAtMs };
  }

  /**
   * Whose a ticket is. It is used up by asking.
   * @throws {RelayError} `unauthorized`, `store_unavailable`
   */
  async redeem(ticket: string): Promise<Identity> {
    const { id, holder } = await this.#read(ticket);
    const { ok } = await this.#table.put("tickets", id, "1", { ifVersion: 0, ttlMs: REMEMBERED_MS });
    if (!ok) throw unauthorized("the ticket was used before");
    if (holder.expiresAtMs !== undefined && holder.expiresAtMs <= this.#clock.now()) {
      throw unauthorized("the token behind the ticket has expired");
    }
    return holder;
  }

  async #read(ticket: string): Promise<{ id: string; holder: Identity }> {
    const claims = Claims.safeParse(verified(ticket, await this.#key.get()));
    if (!claims.success || claims.data.exp * 1000 <= this.#clock.now()) {
      throw unauthorized("the ticket is not valid", claims.error);
    }
    return { id: claims.data.jti, holder: claims.data.holder };
  }
}
