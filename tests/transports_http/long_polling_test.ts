import { expect } from "@std/expect";
import { countedBy } from "../harness/server.ts";
import { eventually, type PolledPage, sid, type Site, site, type User } from "./harness/mod.ts";

/** A poll that waits, and whether it still does. */
interface Waiting {
  readonly page: Promise<PolledPage>;
  leave(): void;
}

function wait(user: User, query = "", headers: Record<string, string> = {}): Waiting {
  const abort = new AbortController();
  const answer = user.fetch(`/api/rooms/tea/messages/wait${query}`, { headers, signal: abort.signal })
    .then(async (response) => {
      const body = await response.json();
      if (!response.ok) throw new Error(`${response.status} ${body.code}`);
      return body;
    });
  answer.catch(() => {});
  return { page: answer, leave: () => abort.abort() };
}

const parked = (relay: Site) => relay.relay.hub.parking.size;
const allParked = (relay: Site, count: number) =>
  eventually(() => parked(relay) === count, `${count} polls wait`);

Deno.test("[T3] what is there already is answered at once", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const { epoch } = await ann.say("tea", "1");
  await ann.say("tea", "2");
  const page = await wait(ann, `?since=${epoch}.1&timeoutMs=55000`).page;
  expect(page).toMatchObject({ roomId: "tea", epoch, offset: 2, recovered: true, hasMore: false });
  expect(page.messages.map(({ payload }) => payload.content)).toEqual(["2"]);
});

Deno.test("[T3] what is not there yet is answered when it comes", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const { epoch } = await ann.say("tea", "1");
  const waiting = wait(ann, `?since=${epoch}.1`);
  await allParked(relay, 1);
  await relay.user("ben").say("tea", "2");
  expect(await waiting.page).toMatchObject({
    offset: 2,
    recovered: true,
    messages: [{ payload: { content: "2" } }],
  });
  expect(parked(relay)).toBe(0);
});

Deno.test("[T3] without since it waits for what comes from now on", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  await ann.say("tea", "old");
  const waiting = wait(ann);
  await allParked(relay, 1);
  await ann.say("tea", "new");
  const page = await waiting.page;
  expect(page.messages.map(({ payload }) => payload.content)).toEqual(["new"]);
  expect(page).not.toHaveProperty("recovered");
});

Deno.test("[T3] at the timeout an empty page says where the client stands", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const { epoch } = await ann.say("tea", "1");
  expect(await wait(ann, "?timeoutMs=30").page).toMatchObject({ epoch, offset: 1, messages: [] });
  expect(await wait(ann, "?timeoutMs=0").page).toMatchObject({ epoch, offset: 1, messages: [] });
});

Deno.test("[T3] what is not stored wakes nobody", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const waiting = wait(ann, "?timeoutMs=300");
  await allParked(relay, 1);
  await ann.send({ type: "publish", payload: { roomId: "tea", event: "e", data: 1, ephemeral: true } });
  expect((await waiting.page).messages).toEqual([]);
});

Deno.test("[T3] the longest wait is 55 s", async () => {
  await using relay = site();
  for (const query of ["timeoutMs=55001", "timeoutMs=-1", "timeoutMs=x", "limit=201", "since=x"]) {
    const error = await wait(relay.user("ann"), `?${query}`).page.catch(({ message }) => message);
    expect([query, error]).toEqual([query, "400 bad_request"]);
  }
});

Deno.test("[T3] a client that leaves frees its place at once", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const waiting = [1, 2, 3, 4].map(() => wait(ann));
  await allParked(relay, 4);
  waiting[0]!.leave();
  await allParked(relay, 3);
  const another = wait(ann);
  await allParked(relay, 4);
  for (const one of waiting) one.leave();
  another.leave();
  await allParked(relay, 0);
  await Promise.allSettled([...waiting, another].map(({ page }) => page));
});

Deno.test("[T4] four may wait for one user, the fifth is 429; other users are not touched", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const { epoch } = await ann.say("tea", "1");
  const waiting = [1, 2, 3, 4].map(() => wait(ann, `?since=${epoch}.1&sid=${sid()}`));
  await allParked(relay, 4);
  expect(await wait(ann).page.catch(({ message }) => message)).toBe("429 limit_exceeded");
  // what need not wait is answered all the same
  expect((await wait(ann, `?since=${epoch}.0`).page).messages).toHaveLength(1);
  const other = wait(relay.user("ben"));
  await allParked(relay, 5);
  await ann.say("tea", "2");
  for (const page of await Promise.all([...waiting, other].map(({ page }) => page))) {
    expect(page.messages.map(({ payload }) => payload.content)).toEqual(["2"]);
  }
  expect((await wait(ann, "?timeoutMs=0").page).messages).toEqual([]);
});

Deno.test("[T3] a poll that waits takes one of its address's places and gives it back", async () => {
  let held = 0;
  const places = {
    take() {
      if (held === 1) return undefined;
      held++;
      return () => void held--;
    },
  };
  await using relay = site({ addresses: countedBy(places) });
  const first = wait(relay.user("ann"));
  await eventually(() => held === 1, "it holds a place");
  expect(await wait(relay.user("ben")).page.catch(({ message }) => message)).toBe("429 limit_exceeded");
  await relay.user("ben").say("tea", "x");
  await first.page;
  expect(held).toBe(0);
  expect(parked(relay)).toBe(0);
});

Deno.test("[T3] a drain answers those who wait, at once", async () => {
  await using relay = site();
  const waiting = wait(relay.user("ann"));
  await allParked(relay, 1);
  await relay.relay.drain(50);
  expect((await waiting.page).messages).toEqual([]);
  // and nobody waits at a node that goes
  expect((await wait(relay.user("ann")).page).messages).toEqual([]);
});

Deno.test("[T3] [S1] who is revoked waits no longer", async () => {
  await using relay = site();
  const waiting = wait(relay.user("ann"));
  await allParked(relay, 1);
  await relay.relay.revoke("ann");
  expect(await waiting.page.catch(({ message }) => message)).toBe("401 unauthorized");
});

Deno.test("[T3] [C5] who waits with a token that ends is told when it does", async () => {
  await using relay = site();
  const waiting = wait(relay.user(`ann~${Date.now() + 300}`));
  expect(await waiting.page.catch(({ message }) => message)).toBe("401 unauthorized");
});

Deno.test("[T3] [R6] who loses the room waits no longer, and reads nothing of it", async () => {
  const banned = new Set<string>();
  await using relay = site({ policy: ({ userId }) => !banned.has(userId) });
  const waiting = wait(relay.user("ann"));
  await allParked(relay, 1);
  banned.add("ann");
  await relay.relay.roomChanged("tea");
  expect(await waiting.page.catch(({ message }) => message)).toBe("403 forbidden");
});

Deno.test("[T3] rights are asked again before the answer, whether or not anybody said that they changed", async () => {
  const banned = new Set<string>();
  await using relay = site({ policy: ({ userId }) => !banned.has(userId) });
  const waiting = wait(relay.user("ann"));
  await allParked(relay, 1);
  banned.add("ann");
  await relay.user("ben").say("tea", "not for ann");
  expect(await waiting.page.catch(({ message }) => message)).toBe("403 forbidden");
});

Deno.test("[T0] [T3] who waits under a name is present all the while", async () => {
  await using relay = site({ limits: { leaveGraceMs: 20 } });
  await using stream = await relay.user("ben").stream("rooms=tea");
  await stream.until("joined_room");
  const ann = relay.user("ann");
  const name = sid();
  const waiting = wait(ann, `?sid=${name}`);
  expect((await stream.until("user_joined")).envelope.payload.userId).toBe("ann");
  await relay.user("ben").say("tea", "x");
  await waiting.page;
  expect((await stream.next())?.envelope.type).toBe("new_message");
  await ann.send({ type: "leave_room", payload: { roomId: "tea" } }, name);
  expect((await stream.next())?.envelope).toMatchObject({ type: "user_left", payload: { userId: "ann" } });
});
