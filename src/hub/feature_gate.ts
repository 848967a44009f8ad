import { RelayError } from "../protocol/errors.ts";
import { ErrorCode } from "../protocol/wire.ts";
import type { Call } from "./call.ts";
import type { Feature, FeatureHandler } from "./feature.ts";
import { type Handler, handler } from "./handler.ts";
import { coreHandlers } from "./handlers/mod.ts";
import type { Room } from "./room.ts";
import { inRoom } from "./handlers/in_room.ts";

/**
 * All the types a hub understands: its own and its features'. A feature's type is looked up in the feature that
 * owns the room, after the sender's right to act there was checked.
 * @throws {TypeError} when a type is another feature's already, or the hub's own
 */
export function handlersFor(features: readonly Feature[]): ReadonlyMap<string, Handler> {
  const handlers = new Map(coreHandlers);
  for (const feature of features) {
    for (const [type, definition] of Object.entries(feature.handlers)) {
      if (handlers.has(type)) {
        throw new TypeError(`Cannot add feature "${feature.name}": type "${type}" is taken`);
      }
      handlers.set(type, gate(type, feature, definition));
    }
  }
  return handlers;
}

function gate(type: string, feature: Feature, definition: FeatureHandler): Handler {
  return handler<{ roomId: string }>({
    schema: definition.schema as FeatureHandler<{ roomId: string }>["schema"],
    publishes: definition.right !== "read",
    ephemeral: () => definition.ephemeral ?? false,
    handle(call) {
      const { hub, session, payload: { roomId } } = call;
      if (hub.features.of(roomId) !== feature) {
        throw new RelayError(
          ErrorCode.badRequest,
          `Cannot ${type} in room "${roomId}": it is not a ${feature.name} room`,
        );
      }
      const allowed = hub.allow(session.identity, definition.right, roomId, `${type} in`);
      return allowed ? allowed.then(() => pass(type, definition, call)) : pass(type, definition, call);
    },
  });
}

function pass(
  type: string,
  definition: FeatureHandler,
  call: Call<{ roomId: string }>,
): ReturnType<FeatureHandler["handle"]> {
  const { hub, session, payload, payload: { roomId } } = call;
  const handle = (room: Room | undefined) =>
    definition.handle({
      payload,
      roomId,
      identity: session.identity,
      room,
      publish: (as, body) => call.publish(roomId, as, body),
    });
  if (definition.joined) return inRoom(call, roomId, `${type} in`, handle);
  const member = session.rooms.get(roomId);
  if (!definition.opens || member) return handle(member?.room ?? hub.activeRoom(roomId));
  return hub.useRoom(roomId, handle);
}
