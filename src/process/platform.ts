import type { Config } from "../config.ts";

/** What the platform says of itself in the environment; nobody configures these. */
export const platformVariables = [
  "DENO_DEPLOY",
  "DENO_DEPLOYMENT_ID",
  "DENO_REGION",
  "DENO_KV_DEFAULT_PATH",
] as const;

/** Where the process runs, as far as that matters. */
export interface Platform {
  /** on Deno Deploy: several instances that share no memory and no disk, and come and go */
  readonly deploy: boolean;
  /** a KV database is assigned; without one each instance has its own, in memory */
  readonly kvAssigned: boolean;
}

/** Looks where the process runs. */
export function platform(
  read: (name: typeof platformVariables[number]) => string | undefined = (name) => Deno.env.get(name),
): Platform {
  const said = (name: typeof platformVariables[number]) => (read(name) ?? "") !== "";
  return {
    deploy: said("DENO_DEPLOY") || said("DENO_DEPLOYMENT_ID") || said("DENO_REGION"),
    kvAssigned: /^https?:/.test(read("DENO_KV_DEFAULT_PATH") ?? ""),
  };
}

/** Something in a configuration that cannot work where it runs. */
export interface Misfit {
  /** a fixed name, for logs and `/readyz` */
  readonly name: "kv_not_assigned" | "rooms_not_shared" | "rooms_not_kept";
  /** for people: what happens, and what to do */
  readonly reason: string;
}

/** What in this configuration cannot work on this platform. */
export function misfits({ store, kvPath }: Config, { deploy, kvAssigned }: Platform): Misfit[] {
  if (!deploy) return [];
  if (store === "kv") {
    if (kvAssigned || kvPath !== undefined) return [];
    return [{
      name: "kv_not_assigned",
      reason: "no KV database is assigned to this app: each instance has its own rooms and forgets them. " +
        "Provision one under Databases, assign it to the app and deploy again",
    }];
  }
  if (store !== "sqlite" && store !== "memory") return [];
  return [{
    name: "rooms_not_shared",
    reason: `STORE=${store} is each instance's own: members on different instances do not hear each other, ` +
      "and nothing between instances carries it. Set STORE=kv and assign a KV database, or set REDIS_URL",
  }, {
    name: "rooms_not_kept",
    reason: `STORE=${store} lives as long as the instance: what was acknowledged is lost with it`,
  }];
}
