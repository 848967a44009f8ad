import * as z from "zod";
import { MessageId } from "../../protocol/schemas.ts";
import { BEARER_PREFIX, Bounds, Subprotocol } from "../../protocol/wire.ts";
import { EventsQuery, NotificationsQuery } from "../stream_inputs.ts";
import { type JsonSchema, jsonSchema } from "./json_schema.ts";

/** What a client may say: how it is checked, and what answers it where there is no `messageId`. */
export interface ClientMessage {
  readonly schema: z.ZodType;
  readonly answersAs?: string | undefined;
}

/** What a document says of the wire. */
export interface AsyncApiOptions {
  /** what clients may send, by type */
  readonly receives: ReadonlyMap<string, ClientMessage>;
  /** what the server sends, by type */
  readonly sends: Readonly<Record<string, z.ZodType>>;
}

type Json = Readonly<Record<string, unknown>>;

/** What JSON Schema the document is written in. */
const DIALECT = "draft-07";
const SOCKET = "socket";
const STREAMS = { events: EventsQuery, notifications: NotificationsQuery } as const;
const BATCH = "batch";
/** What only a connection of one's own is sent. */
const NOT_ON_STREAMS: ReadonlySet<string> = new Set(["welcome", "pong", "ack", "left_room", BATCH]);

/** What stands in the address of a WebSocket. */
export const Handshake = z.object({
  name: z.string().optional().describe("A guest's name. [C3]"),
  ticket: z.string().optional().describe("Of POST /api/tickets. [C2]"),
});
const Batch = z.array(z.looseObject({ type: z.string() })).max(Bounds.batchEnvelopes)
  .describe("Envelopes in one frame, with the codecs that have it. [C1]");

/** The messages of the wire as an AsyncAPI 3.0 document, of the schemas that check them. [S2b] */
export function asyncapi({ receives, sends }: AsyncApiOptions): Json {
  const messages: Record<string, Json> = { [BATCH]: message(BATCH, jsonSchema(Batch, DIALECT), "either") };
  const operations: Record<string, Json> = {};
  for (const [type, { schema, answersAs }] of receives) {
    messages[type] = message(type, jsonSchema(schema, DIALECT), "client");
    const answers = ["ack", "error", ...answersAs === undefined ? [] : [answersAs]];
    operations[`receive_${type}`] = {
      action: "receive",
      channel: ref("channels", SOCKET),
      messages: [ref("channels", SOCKET, "messages", type)],
      reply: {
        channel: ref("channels", SOCKET),
        messages: answers.map((answer) => ref("channels", SOCKET, "messages", answer)),
      },
    };
  }
  for (const [type, schema] of Object.entries(sends)) {
    messages[type] = message(type, jsonSchema(schema, DIALECT), "server");
    operations[`send_${type}`] = {
      action: "send",
      channel: ref("channels", SOCKET),
      messages: [ref("channels", SOCKET, "messages", type)],
    };
  }
  const streamed = Object.keys(sends).filter((type) => !NOT_ON_STREAMS.has(type));
  for (const [name, query] of Object.entries(STREAMS)) {
    operations[`stream_${name}`] = {
      action: "send",
      channel: ref("channels", name),
      messages: streamed.map((type) => ref("channels", name, "messages", type)),
      bindings: { http: { method: "GET", query: jsonSchema(query, DIALECT), bindingVersion: "0.3.0" } },
    };
  }
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Denbun",
      version: "1",
      description:
        "Everything either side says is one envelope. Rules in brackets are those of the protocol.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    channels: {
      [SOCKET]: {
        address: "/ws",
        description:
          `A WebSocket. Its subprotocol chooses the codec: ${Object.values(Subprotocol).join(", ")}; ` +
          `none is ${Subprotocol.json}. A token comes as Authorization: Bearer, as ${BEARER_PREFIX}<token> among the ` +
          "offered subprotocols, or by the session cookie. [C1] [C2]",
        messages: refs(Object.keys(messages)),
        bindings: { ws: { method: "GET", query: jsonSchema(Handshake, DIALECT), bindingVersion: "0.1.0" } },
      },
      ...Object.fromEntries(
        Object.keys(STREAMS).map((name) => [name, {
          address: `/api/${name}`,
          description:
            "Server-sent events: each one's data is an envelope, its id a place to resume from. [T1]",
          messages: refs(streamed),
        }]),
      ),
    },
    operations,
    components: { messages },
  };
}

function refs(types: readonly string[]): Json {
  return Object.fromEntries(types.map((type) => [type, ref("components", "messages", type)]));
}

function ref(...path: string[]): Json {
  return { $ref: `#/${path.join("/")}` };
}

/** One envelope. [E1] [E2] [E3] */
function message(
  type: string,
  { description, ...payload }: JsonSchema,
  from: "client" | "server" | "either",
): Json {
  const messageId = jsonSchema(MessageId, DIALECT);
  return {
    name: type,
    title: type,
    ...description !== undefined && { summary: description },
    payload: {
      type: "object",
      required: ["type", "payload", ...from === "server" ? ["timestamp"] : []],
      properties: {
        type: { const: type },
        payload,
        messageId,
        ...from !== "client" && { timestamp: { type: "string", format: "date-time" } },
      },
    },
  };
}
