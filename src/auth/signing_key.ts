import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import type { Table } from "../hub/ports.ts";
import { HmacKey } from "./hmac_key.ts";

/** A secret of the relay's own, the same on all nodes of one store: the first that asks for it makes it. */
export class SigningKey {
  readonly #table: Table;
  readonly #name: string;
  #key: Promise<HmacKey> | undefined;

  constructor(table: Table, name: string) {
    this.#table = table;
    this.#name = name;
  }

  /** @throws {RelayError} `store_unavailable` */
  get(): Promise<HmacKey> {
    return this.#key ??= this.#load().catch((error) => {
      this.#key = undefined;
      throw error;
    });
  }

  async #load(): Promise<HmacKey> {
    const made = crypto.getRandomValues(new Uint8Array(32)).toBase64();
    await this.#table.put("keys", this.#name, JSON.stringify(made), { ifVersion: 0 });
    const row = await this.#table.get("keys", this.#name);
    if (!row) {
      throw new RelayError(ErrorCode.storeUnavailable, `Cannot sign ${this.#name}: their key was not kept`);
    }
    return new HmacKey(Uint8Array.fromBase64(JSON.parse(row.value)));
  }
}
