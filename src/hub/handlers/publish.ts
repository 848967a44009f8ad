import { Publish } from "../../protocol/schemas.ts";
import type { Call } from "../call.ts";
import { handler } from "../handler.ts";
import { seal } from "../seal.ts";

/** [A5] */
export const publish = handler<Publish>({
  schema: Publish,
  publishes: true,
  ephemeral: (payload) => payload.ephemeral,
  handle(call) {
    const { hub, session: { identity }, payload: { roomId } } = call;
    const allowed = hub.allow(identity, "write", roomId, "publish in");
    return allowed ? allowed.then(() => send(call)) : send(call);
  },
});

function send(call: Call<Publish>): object | void {
  const { hub, session: { identity }, payload: { roomId, event, data, ephemeral, key } } = call;
  if (!ephemeral) return call.publish(roomId, "event", { event, data });
  const { userId, userName } = identity;
  hub.broadcast(roomId, {
    sealed: seal("event", { roomId, event, data, userId, userName }, hub.clock.now()),
    lane: { kind: "keyed", key: key === undefined ? undefined : `${roomId} event:${userId}:${key}` },
    from: userId,
  });
  return {};
}
