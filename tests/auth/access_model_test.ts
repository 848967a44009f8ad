import { expect } from "@std/expect";
import { Members } from "../../src/auth/members.ts";
import { rooms } from "../../src/auth/room_policy.ts";
import type { Grant, Policy, Right, Table } from "../../src/hub/ports.ts";
import { memory } from "../../src/stores/memory.ts";
import { fakeIds, Harness, type TestClient, unhurried } from "../harness/mod.ts";

const ROOMS = ["tea", "team-a", "team-b", "board", "user:u0", "user:u1"] as const;
const USERS = ["u0", "u1", "u2"] as const;
const RIGHTS: readonly (readonly Right[])[] = [["read"], ["read", "write"], ["read", "write", "admin"], [
  "write",
]];
const PATTERNS = ["*", "team-*", "team-a", "board", "user:*"] as const;

/** The rules once more, as plainly as they can be said. */
class Model {
  readonly members = new Map<string, Map<string, readonly Right[]>>();

  allows(user: string, grants: readonly Grant[] | undefined, right: Right, room: string): boolean {
    if (room.startsWith("user:")) return right === "read" && room === `user:${user}`;
    const given = grants?.filter(({ pattern }) =>
      pattern === room || (pattern.endsWith("*") && room.startsWith(pattern.slice(0, -1)))
    ).flatMap(({ rights }) => rights);
    if (given && !given.includes(right)) return false;
    if (given?.includes("admin")) return true;
    const members = this.members.get(room);
    return members ? members.get(user)?.includes(right) ?? false : right !== "admin";
  }
}

/** Random joins, sends, reads and changes of members, each answer and each delivery held against the model. */
async function run(
  seed: number,
  operations: number,
  policyOf: (table: Table) => Policy = rooms,
): Promise<string[]> {
  const random = fakeIds(seed).random;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const table = memory();
  const members = new Members(table);
  const model = new Model();
  const wrong: string[] = [];
  using relay = new Harness({ policy: policyOf(table), limits: { ...unhurried, maxErrors: 1_000_000 } });
  const hubs = [relay.hub, relay.node("node-2")];
  const people = USERS.flatMap((user) =>
    hubs.map((hub) => {
      const grants = random() < 0.5
        ? undefined
        : [0, 1].map((): Grant => ({ pattern: pick(PATTERNS), rights: pick(RIGHTS) }));
      const client = relay.connect(user, { hub, ...grants && { grants } });
      return {
        user,
        client,
        inside: new Set<string>(),
        allows: (right: Right, room: string) => model.allows(user, grants, right, room),
      };
    })
  );
  const check = (what: string, expected: boolean, ack: Awaited<ReturnType<TestClient["ask"]>>) => {
    const forbidden = !ack.success && ack.error.code === "forbidden";
    if (forbidden === expected) {
      wrong.push(`seed ${seed}: ${what}: should be ${expected ? "allowed" : "forbidden"}`);
    }
  };
  let texts = 0;
  for (let n = 0; n < operations; n++) {
    const room = pick(ROOMS);
    const person = pick(people);
    const { client, inside, allows } = person;
    const what = `${n} ${person.user} ${room}`;
    switch (
      pick(["join", "join", "send", "send", "send", "history", "users", "leave", "put", "remove", "open"])
    ) {
      case "join": {
        const ack = await client.ask("join_room", { roomId: room });
        check(`${what} join`, allows("read", room), ack);
        if (ack.success) inside.add(room);
        break;
      }
      case "send": {
        const before = people.map(({ client }) => client.of("new_message").length);
        const ack = await client.ask("send_message", { roomId: room, content: `text ${++texts}` });
        check(`${what} send`, allows("write", room), ack);
        await relay.settle();
        for (const [at, reader] of people.entries()) {
          const got = reader.client.of("new_message").length - before[at]!;
          const due = ack.success && reader.inside.has(room) ? 1 : 0;
          if (got !== due) {
            wrong.push(`seed ${seed}: ${what} send: ${reader.user} got ${got} instead of ${due}`);
          }
        }
        break;
      }
      case "history":
        check(`${what} history`, allows("read", room), await client.ask("get_history", { roomId: room }));
        break;
      case "users":
        check(`${what} users`, allows("read", room), await client.ask("get_room_users", { roomId: room }));
        break;
      case "leave":
        if (inside.delete(room)) await client.ask("leave_room", { roomId: room });
        break;
      case "put":
      case "remove":
      case "open":
        if (!room.startsWith("user:")) await change(room, person.user);
    }
  }
  return wrong;

  async function change(room: string, user: string): Promise<void> {
    const known = model.members.get(room);
    const roll = random();
    if (roll < 0.2) {
      await members.open(room);
      model.members.delete(room);
    } else if (roll < 0.6) {
      const rights = pick(RIGHTS);
      await members.put(room, user, rights);
      model.members.set(room, (known ?? new Map<string, readonly Right[]>()).set(user, rights));
    } else if (known) {
      await members.remove(room, user);
      known.delete(user);
    }
    await relay.hub.access.roomChanged(room);
    await relay.settle();
    // rights that went away took their rooms along
    for (const { inside, allows } of people) if (!allows("read", room)) inside.delete(room);
  }
}

Deno.test("no leak and no wrong denial in random operations against a model of the rules", async () => {
  for (let seed = 1; seed <= 20; seed++) expect(await run(seed, 300)).toEqual([]);
});

Deno.test("the model finds a policy that forgets nothing", async () => {
  const stubborn = (table: Table): Policy => {
    const policy = rooms(table);
    return { allows: (identity, right, roomId) => policy.allows(identity, right, roomId) };
  };
  const found = await Promise.all(Array.from({ length: 5 }, (_, n) => run(n + 1, 300, stubborn)));
  expect(found.flat().length).toBeGreaterThan(0);
});

Deno.test("the model finds a policy that lets everybody read", async () => {
  const lax = (table: Table): Policy => {
    const policy = rooms(table);
    return {
      allows: (identity, right, roomId) => right === "read" || policy.allows(identity, right, roomId),
      forget: (roomId) => policy.forget!(roomId),
    };
  };
  expect((await run(1, 300, lax)).length).toBeGreaterThan(0);
});
