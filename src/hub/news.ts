import * as z from "zod";
import { Epoch, Offset, RoomId, UserId } from "../protocol/schemas.ts";

const NodeId = z.string().min(1).max(64);
const User = z.object({ userId: UserId, userName: z.string().max(64) });
/** So much by address. */
const ByAddress = z.array(z.tuple([z.string().min(1).max(64), z.number().int().min(0).max(1_000_000)])).max(
  1000,
);

/**
 * What nodes tell each other over the backplane. None of it is the truth: a hint is a reason to look into the
 * store, presence is one node's own state that replaces what it said before, and everything may be lost, doubled,
 * late or forged. The entries in a hint are taken for what the store has only from a backplane that vouches for them.
 */
export const News = z.discriminatedUnion("kind", [
  /** room r reached this offset; `entries` are the ones that end there, for who trusts the backplane */
  z.object({
    kind: z.literal("hint"),
    roomId: RoomId,
    epoch: Epoch,
    offset: Offset,
    entries: z.string().max(1024 * 1024).optional(),
  }),
  /** something that is not stored, for the members on other nodes */
  z.object({
    kind: z.literal("ephemeral"),
    roomId: RoomId,
    json: z.string().max(1024 * 1024),
    key: z.string().max(512).optional(),
    from: z.string().max(128).optional(),
    except: z.string().max(128).optional(),
  }),
  /** what a feature tells itself on the other nodes that have the room open */
  z.object({ kind: z.literal("feature"), roomId: RoomId, json: z.string().max(256 * 1024) }),
  /** a read mark that moved [A4] */
  z.object({ kind: z.literal("mark"), roomId: RoomId, epoch: Epoch, userId: UserId, upTo: Offset }),
  /** all users a node has in a room; a higher version replaces a lower one [J2] */
  z.object({
    kind: z.literal("presence"),
    nodeId: NodeId,
    version: Offset,
    roomId: RoomId,
    users: z.array(User),
  }),
  /** a node wants to know who is in a room */
  z.object({ kind: z.literal("presence_wanted"), nodeId: NodeId, roomId: RoomId }),
  /** a node wants to know which rooms have users [S1] */
  z.object({ kind: z.literal("rooms_wanted"), asker: NodeId }),
  /** the rooms that have users through one node, for the one that asked */
  z.object({
    kind: z.literal("rooms"),
    asker: NodeId,
    teller: NodeId,
    rooms: z.array(z.object({ roomId: RoomId, count: z.number().int().min(0) })),
    whole: z.boolean(),
  }),
  /** what a user sent through one node: all of them let through what it may send altogether [L8] */
  z.object({
    kind: z.literal("spent"),
    userId: UserId,
    lane: z.enum(["stored", "ephemeral"]),
    count: z.number().int().min(1).max(1000),
  }),
  /**
   * what a process counts by address: of those that changed the connections they have there now, and how often they
   * came or brought a wrong credential since it last said so. `asks` for all that the others count. [L6] [L9]
   */
  z.object({
    kind: z.literal("addresses"),
    teller: NodeId,
    version: Offset,
    state: z.enum(["asks", "tells", "leaves"]),
    connections: ByAddress,
    connects: ByAddress,
    failures: ByAddress,
  }),
  /** who may be where changed: the store knows what [S1] */
  z.object({ kind: z.literal("access") }),
  /** a node is there */
  z.object({ kind: z.literal("node"), nodeId: NodeId }),
  /** a node is known to be gone */
  z.object({ kind: z.literal("node_gone"), nodeId: NodeId }),
]);
export type News = z.infer<typeof News>;
