import * as z from "zod";
import { ErrorCode } from "../../protocol/wire.ts";
import { statusOf } from "../problem.ts";
import { type JsonSchema, jsonSchema, propertiesOf } from "./json_schema.ts";
import type { AnswerBody, Caller, RoutePart } from "./parts.ts";
import type { DescribedRoute } from "./routes.ts";

/** What a document says beside the routes. */
export interface OpenApiOptions {
  readonly routes: readonly DescribedRoute[];
  /** whether who brings nothing may enter */
  readonly guests: boolean;
  /** the name of the session cookie */
  readonly cookie: string;
  /** what the relay posts to the application, by the name of the event: its body, and what it means */
  readonly webhooks: Readonly<Record<string, z.ZodType>>;
}

type Json = Readonly<Record<string, unknown>>;

/** Every error over HTTP. [E4] */
export const Problem = z.object({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.values(ErrorCode)),
  retryable: z.boolean(),
  retryAfterMs: z.number().exactOptional(),
});
const PROBLEM = { $ref: "#/components/schemas/Problem" };

/** The HTTP routes as an OpenAPI 3.1 document: made of the schemas that check requests, and of nothing else. [S2b] */
export function openapi({ routes, guests, cookie, webhooks }: OpenApiOptions): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route, guests);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Denbun",
      version: "1",
      summary: "Rooms, acknowledgements, order and resume, over HTTP.",
      description:
        "Rules in brackets are those of the protocol. What goes over WebSocket is in `asyncapi.json`.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "." }],
    paths,
    webhooks: Object.fromEntries(Object.entries(webhooks).map(([name, body]) => [name, webhook(name, body)])),
    components: {
      schemas: { Problem: jsonSchema(Problem) },
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "The application's token of a user, or a guest's. [C2] [C3]",
        },
        cookie: { type: "apiKey", in: "cookie", name: cookie, description: "Set by POST /api/session. [C2]" },
        ticket: {
          type: "apiKey",
          in: "query",
          name: "ticket",
          description: "Of POST /api/tickets: for one connection, within 30 s. [C2]",
        },
        serverKey: {
          type: "http",
          scheme: "bearer",
          description: "The key of the application's servers. [S0]",
        },
      },
    },
  };
}

/** What one may show; an empty one is nothing at all. */
function securityOf(who: Caller, guests: boolean): Json[] {
  switch (who) {
    case "server":
      return [{ serverKey: [] }];
    case "user":
      return [{ token: [] }, { cookie: [] }];
    case "session":
      return [{ token: [] }, { cookie: [] }, ...guests ? [{}] : []];
    case "reader":
      return [{ token: [] }, { cookie: [] }, { ticket: [] }, ...guests ? [{}] : []];
    case "anybody":
      return [];
  }
}

/** With what callers of a kind may be refused, whatever they ask for. */
const REFUSED: Readonly<Record<Caller, readonly ErrorCode[]>> = {
  server: [ErrorCode.unauthorized, ErrorCode.forbidden],
  user: [ErrorCode.unauthorized, ErrorCode.forbidden, ErrorCode.rateLimited, ErrorCode.storeUnavailable],
  reader: [
    ErrorCode.unauthorized,
    ErrorCode.forbidden,
    ErrorCode.rateLimited,
    ErrorCode.limitExceeded,
    ErrorCode.storeUnavailable,
    ErrorCode.draining,
  ],
  session: [ErrorCode.unauthorized, ErrorCode.storeUnavailable],
  anybody: [],
};

function operation({ method, path, parts }: DescribedRoute, guests: boolean): Json {
  const who = parts.findLast((part) => part.who !== undefined)?.who ?? "anybody";
  const about = parts.findLast((part) => part.about !== undefined)?.about;
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  const { parameters, body } = requestOf(method, inPath, parts);
  return {
    operationId: [method.toLowerCase(), ...path.split(/[^A-Za-z0-9]+/).filter(Boolean)].join("_"),
    ...about !== undefined && inWords(about),
    security: securityOf(who, guests),
    ...parameters.length > 0 && { parameters },
    ...body && { requestBody: body },
    responses: responsesOf([...parts, { refuses: REFUSED[who] }]),
  };
}

/** `What it is for. [S1] [C6]`, as a line, and the rules it follows. */
function inWords(about: string): Json {
  const rules = [...about.matchAll(/\[(\w+)\]/g)].map(([, rule]) => rule);
  const summary = about.replace(/ \[.*/, "");
  return rules.length === 0 ? { summary } : { summary, description: `Protocol: ${rules.join(", ")}.` };
}

function requestOf(method: string, inPath: readonly string[], parts: readonly RoutePart[]) {
  const parameters: Json[] = [];
  let body: Json | undefined;
  const put = (where: "path" | "query", schema: JsonSchema) => {
    for (const { name, schema: { description, ...rest }, required } of propertiesOf(schema)) {
      parameters.push({
        name,
        in: where,
        required: where === "path" || required,
        ...description !== undefined && { description },
        schema: rest,
      });
    }
  };
  const take = (schema: JsonSchema, required: boolean) => {
    body = { required, content: { "application/json": { schema } } };
  };
  for (const { param, query, json, input, headers = [], bodyOptional = false } of parts) {
    if (param) put("path", jsonSchema(param));
    if (query) put("query", jsonSchema(query));
    if (json) take(jsonSchema(json), !bodyOptional);
    if (input) {
      const whole = jsonSchema(input);
      put("path", only(whole, (name) => inPath.includes(name)));
      const rest = only(whole, (name) => !inPath.includes(name));
      if (method === "GET" || method === "DELETE") put("query", rest);
      else if (propertiesOf(rest).length > 0) take(rest, (rest.required ?? []).length > 0);
    }
    for (const name of headers) {
      parameters.push({ name, in: "header", required: false, schema: { type: "string" } });
    }
  }
  return { parameters, body };
}

/** An object's schema with some of its properties alone. */
function only(schema: JsonSchema, wanted: (name: string) => boolean): JsonSchema {
  const { properties = {}, required = [] } = schema;
  return {
    ...schema,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => wanted(name))),
    required: required.filter(wanted),
  };
}

function responsesOf(parts: readonly RoutePart[]): Json {
  const responses: Record<string, Json> = {};
  for (const { answers = {} } of parts) {
    for (const [status, body] of Object.entries(answers)) responses[status] = answerOf(Number(status), body);
  }
  const refused = new Map<number, Set<ErrorCode>>();
  for (const refusal of parts.flatMap(({ refuses = [] }) => refuses)) {
    const { status, code } = typeof refusal === "string"
      ? { status: statusOf(refusal), code: refusal }
      : refusal;
    refused.set(status, (refused.get(status) ?? new Set()).add(code));
  }
  for (const [status, codes] of refused) {
    // what a route answers itself stands above what is said of all
    responses[status] ??= problemOf(`Refused: ${[...codes].map((code) => `\`${code}\``).join(", ")}.`);
  }
  return { ...responses, default: problemOf("Any other error: a code of the closed list. [E4]") };
}

function problemOf(description: string): Json {
  return { description, content: { "application/problem+json": { schema: PROBLEM } } };
}

function answerOf(status: number, body: AnswerBody): Json {
  const description = DESCRIPTIONS[status] ?? "Done.";
  if (body === null) return { description };
  if (typeof body === "string") return { description, content: { [body]: { schema: { type: "string" } } } };
  return { description, content: { "application/json": { schema: jsonSchema(body) } } };
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  101: "The connection is a WebSocket from here on.",
  201: "Stored.",
  202: "Taken.",
  204: "Done: there is nothing to say.",
  207: "Some of it failed: each part says what became of it.",
  304: "Nothing has changed.",
  503: "It cannot do its work now.",
};

/** What the relay posts, in the words of Standard Webhooks. [S3] */
function webhook(name: string, body: z.ZodType): Json {
  const headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  const schema = jsonSchema(body);
  return {
    post: {
      operationId: `webhook_${name.replaceAll(".", "_")}`,
      ...schema.description !== undefined && inWords(schema.description),
      parameters: headers.map((header) => ({
        name: header,
        in: "header",
        required: true,
        schema: { type: "string" },
      })),
      requestBody: { required: true, content: { "application/json": { schema } } },
      responses: { "2XX": { description: "Received. Anything else is tried again." } },
    },
  };
}
