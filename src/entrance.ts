import { Hono } from "hono";
import { type Admission, Authenticator } from "./auth/authenticator.ts";
import { SESSION_COOKIE } from "./auth/credentials.ts";
import { Rights } from "./auth/grants.ts";
import type { TokenVerifier } from "./auth/jwt.ts";
import { Members } from "./auth/members.ts";
import { originAllowed } from "./auth/origin.ts";
import { rooms } from "./auth/room_policy.ts";
import { ServerKey } from "./auth/server_key.ts";
import type { Hub } from "./hub/hub.ts";
import type { Clock, Identities, Identity, Logger, Policy, Right, Table } from "./hub/ports.ts";
import { apiEntry } from "./transports/api_entry.ts";
import { ClientAddresses } from "./transports/client_address.ts";
import { EntryRates, type EntryRatesOptions } from "./transports/entry_rates.ts";
import { parseCidr } from "./transports/ip.ts";
import { serverApi } from "./transports/server_api.ts";
import { sessionApi } from "./transports/session_api.ts";
import { sessionCookie } from "./transports/session_cookie.ts";
import { ticketsApi } from "./transports/tickets_api.ts";

/** Who may enter, and where. */
export interface EntranceOptions {
  /** knows the application's tokens: `jwt({ … })`. Without it everybody enters as a guest. [C2] [C3] */
  readonly auth?: TokenVerifier | undefined;
  /** whether who brings nothing enters as a guest: by default, when there is no `auth` [C3] */
  readonly guests?: boolean | undefined;
  /** keys of the application's servers, of 32 bytes or more: one, or two while they are rotated [S0] */
  readonly serverKeys?: readonly string[];
  /**
   * Who may do what where, or a function that says so; by default rooms are open until they get members. A function
   * is asked for every message: one that has to look something up should remember what it found.
   */
  readonly policy?: Policy | Policy["allows"] | undefined;
  /** origins besides our own whose pages may connect, as `https://app.example` */
  readonly allowedOrigins?: readonly string[];
  /** addresses and ranges of proxies whose `X-Forwarded-For` or `Forwarded` is believed, as `10.0.0.0/8` */
  readonly trustedProxies?: readonly string[];
}

interface World {
  readonly table: Table;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly attempts: EntryRatesOptions;
}

/** What the doors ask before they open. */
export interface Entrance {
  readonly identities: Identities;
  readonly policy: Policy;
  /** Whether a proxy forwards to us that is not configured. */
  readonly untrustedForwards: boolean;
  originAllowed(headers: Headers): boolean;
  /** What limits by address count a request as. */
  addressOf(request: Request, info: unknown): string;
  /**
   * Who opens a WebSocket from this address.
   * @throws {RelayError} `unauthorized`, `rate_limited`, `bad_request`, `store_unavailable`
   */
  admit(request: Request, address: string): Promise<Admission>;
  /**
   * Who opens a stream under `/api`, where wrong credentials are counted already, and the cookie by which a browser
   * comes back.
   * @throws {RelayError} `unauthorized`, `rate_limited`, `bad_request`, `store_unavailable`
   */
  admitReader(request: Request, address: string): Promise<{ identity: Identity; cookie: string | undefined }>;
  /** Who calls a route under `/api` that is for users. @throws {RelayError} `unauthorized`, `store_unavailable` */
  readonly identify: Authenticator["identify"];
  /** Lets the application's servers in. @throws {RelayError} `forbidden`, `unauthorized` */
  checkServer(headers: Headers): void;
  /** Members of private rooms; changes take effect on everybody who is there. */
  members(hub: Hub): Members;
  /** Refuses a user's tokens issued until now and ends what was opened with them. */
  revoke(hub: Hub, userId: string): Promise<void>;
  /** What every request under `/api` passes, and the routes about sessions, tickets, users and members. */
  routes(hub: Hub): Hono;
}

/**
 * Puts together who may enter.
 * @throws {TypeError | RangeError} when a key is weak or an address is none
 */
export function entrance(options: EntranceOptions, { table, clock, logger, attempts }: World): Entrance {
  const { allowedOrigins = [], trustedProxies = [], serverKeys = [] } = options;
  const authenticator = new Authenticator({
    table,
    clock,
    logger,
    verifier: options.auth,
    guests: options.guests,
  });
  const serverKey = new ServerKey(serverKeys);
  const rates = new EntryRates(attempts);
  const addresses = new ClientAddresses({
    trusted: trustedProxies.map(parseCidr),
    untrusted: (peer) => logger.warn("untrusted_proxy", { peer, hint: "set TRUSTED_PROXIES if it is yours" }),
  });
  const originOk = (headers: Headers) => originAllowed(headers, allowedOrigins);
  const addressOf = (request: Request, info: unknown) => addresses.of(peerOf(info), request.headers);
  const revoke = async (hub: Hub, userId: string) =>
    await hub.access.revoked(userId, await authenticator.revoke(userId));
  const members = (hub: Hub) => new LiveMembers(table, hub);
  return {
    identities: authenticator,
    policy: asPolicy(options.policy ?? rooms(table)),
    get untrustedForwards() {
      return addresses.untrustedForwards;
    },
    originAllowed: originOk,
    addressOf,
    async admit(request, address) {
      await rates.connecting(address);
      return await rates.trying(address, () => authenticator.admit(request, "websocket"));
    },
    async admitReader(request, address) {
      await rates.connecting(address);
      const { identity, session, token = session } = await authenticator.admit(request, "events");
      const { expiresAtMs } = identity;
      if (token === undefined || expiresAtMs === undefined) return { identity, cookie: undefined };
      const cookie = sessionCookie(request, SESSION_COOKIE, token, expiresAtMs - clock.now());
      return { identity, cookie };
    },
    identify: (request, door) => authenticator.identify(request, door),
    checkServer: (headers) => serverKey.check(headers),
    members,
    revoke,
    routes(hub) {
      const app = new Hono();
      app.route(
        "/",
        apiEntry({
          originAllowed: originOk,
          mayTry: (request, info) => rates.mayTry(addressOf(request, info)),
          failed: (request, info) => rates.failed(addressOf(request, info)),
        }),
      );
      app.route(
        "/",
        sessionApi({
          clock,
          begin: (request, name) => authenticator.begin(request, name),
          whoami: (request) => authenticator.whoami(request),
          cookie: SESSION_COOKIE,
          maxMessageBytes: hub.limits.maxMessageBytes,
        }),
      );
      app.route("/", ticketsApi({ issue: (request) => authenticator.ticket(request) }));
      app.route(
        "/",
        serverApi({
          check: (headers) => serverKey.check(headers),
          revoke: (userId) => revoke(hub, userId),
          disconnect: (userId) => hub.access.disconnected(userId),
          members: members(hub),
          rights: Rights,
        }),
      );
      return app;
    },
  };
}

/** Members whose changes take effect at once on who is in the room. */
class LiveMembers extends Members {
  readonly #hub: Hub;

  constructor(table: Table, hub: Hub) {
    super(table);
    this.#hub = hub;
  }

  override async put(roomId: string, userId: string, rights: readonly Right[]): Promise<void> {
    await super.put(roomId, userId, rights);
    await this.#hub.access.roomChanged(roomId);
  }

  override async remove(roomId: string, userId: string): Promise<void> {
    await super.remove(roomId, userId);
    await this.#hub.access.roomChanged(roomId);
  }

  override async open(roomId: string): Promise<void> {
    await super.open(roomId);
    await this.#hub.access.roomChanged(roomId);
  }
}

function asPolicy(policy: Policy | Policy["allows"]): Policy {
  return typeof policy === "function" ? { allows: policy } : policy;
}

/** Who holds the connection. In tests and on other servers there may be nobody to name. */
function peerOf(info: unknown): string {
  const { remoteAddr } = (info ?? {}) as { readonly remoteAddr?: { readonly hostname?: unknown } };
  return typeof remoteAddr?.hostname === "string" ? remoteAddr.hostname : "unknown";
}
