import { expect } from "@std/expect";
import { readConfig } from "../../src/config.ts";
import { misfits, platform } from "../../src/process/platform.ts";
import { permissionFlags } from "../../src/process/permissions.ts";

const on = (environment: Record<string, string>) => platform((name) => environment[name]);
const ASSIGNED = { DENO_DEPLOYMENT_ID: "d1", DENO_KV_DEFAULT_PATH: "https://kv.example/connect" };
const names = (environment: Record<string, string>, where: Record<string, string>) =>
  misfits(readConfig(environment), on(where)).map(({ name }) => name);

Deno.test("Deno Deploy is recognised by what it says of itself", () => {
  expect(on({})).toEqual({ deploy: false, kvAssigned: false });
  for (const name of ["DENO_DEPLOY", "DENO_DEPLOYMENT_ID", "DENO_REGION"]) {
    expect(on({ [name]: "1" })).toEqual({ deploy: true, kvAssigned: false });
  }
  expect(on(ASSIGNED)).toEqual({ deploy: true, kvAssigned: true });
  expect(on({ ...ASSIGNED, DENO_KV_DEFAULT_PATH: "/tmp/kv.sqlite" }).kvAssigned).toBe(false);
});

Deno.test("what cannot work on Deno Deploy is named, with what to do", () => {
  expect(names({ STORE: "kv" }, ASSIGNED)).toEqual([]);
  expect(names({ STORE: "kv" }, { DENO_REGION: "us-east4" })).toEqual(["kv_not_assigned"]);
  expect(names({ STORE: "kv", KV_PATH: "https://kv.example/connect" }, { DENO_REGION: "us-east4" })).toEqual(
    [],
  );
  for (const STORE of ["sqlite", "memory"]) {
    expect(names({ STORE }, ASSIGNED)).toEqual(["rooms_not_shared", "rooms_not_kept"]);
    expect(names({ STORE }, {})).toEqual([]);
  }
});

Deno.test("STORE=kv serves one isolate, takes shorter messages, and alone takes KV_PATH", () => {
  const refused = (environment: Record<string, string>) => expect(() => readConfig(environment));
  refused({ STORE: "kv", WORKERS: "2" }).toThrow(/WORKERS="2": a kv store serves one isolate/);
  refused({ STORE: "kv", MAX_MESSAGE_BYTES: "262145" }).toThrow(/MAX_MESSAGE_BYTES="262145".*262144 bytes/);
  refused({ KV_PATH: "x.kv" }).toThrow(/KV_PATH="x.kv".*STORE=kv/);
  expect(readConfig({ STORE: "kv" }, { workers: 8 })).toMatchObject({ store: "kv", workers: 1 });
  expect(readConfig({}, { store: "kv" })).toMatchObject({ store: "kv" });
  expect(readConfig({ STORE: "sqlite" }, { store: "kv", workers: 8 })).toMatchObject({
    store: "sqlite",
    workers: 8,
  });
});

Deno.test("[threat E4] a KV database is a file more, or an address", () => {
  const flags = (KV_PATH: string) => permissionFlags(readConfig({ STORE: "kv", KV_PATH })).join(" ");
  expect(flags("/var/lib/rooms.kv")).toContain(
    "--allow-write=./data,/var/lib/rooms.kv,/var/lib/rooms.kv-wal,/var/lib/rooms.kv-shm",
  );
  expect(flags("https://kv.example/connect")).toMatch(/--allow-net=\S*kv\.example:443/);
  expect(() => flags("/a b")).toThrow(/KV_PATH/);
});
