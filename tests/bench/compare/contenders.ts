/** A server that is measured, and how one speaks to it. */
export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** below the address, with its query */
  readonly path?: string;
  readonly subprotocol?: string;
  /** what a client says to enter a room, and what the answer holds; each is waited for */
  readonly entering: (room: string, client: string) => readonly (readonly [say: string, answer: string])[];
  /** a client's message to a room */
  readonly say: (room: string, text: string, id: string) => string;
}

const root = new URL("../../../", import.meta.url).pathname;
export const PEERS = new URL("./peers/", import.meta.url).pathname;

/** npm puts the program for this machine here; the one of the `bun` package itself needs an install script. */
const bun = `${PEERS}node_modules/@oven/bun-${Deno.build.os}-${
  Deno.build.arch === "x86_64" ? "x64" : Deno.build.arch
}/bin/bun`;

const plain = {
  entering: (room: string) => [[JSON.stringify({ join: room }), '"joined"']] as const,
  say: (room: string, say: string) => JSON.stringify({ room, say }),
};

/** One client sends more than a person would: what guards against that is off. */
const unlimited = {
  RATE_LIMIT: "0",
  RATE_LIMIT_PER_USER: "0",
  RATE_LIMIT_EPHEMERAL: "0",
  MAX_CONNECTS_PER_IP: "0",
  MAX_CONNECTIONS_PER_IP: "0",
};

function denbun(name: string, kind: "ephemeral" | "stored", subprotocol?: string): Contender {
  return {
    name,
    command: [Deno.execPath(), "run", "--frozen", "-A", `${root}main.ts`],
    env: { ...unlimited, WORKERS: "1", GUESTS: "1", LOG_LEVEL: "silent" },
    path: "/ws",
    ...subprotocol === undefined ? {} : { subprotocol },
    entering: (roomId, client) => [
      [JSON.stringify({ type: "join_room", payload: { roomId }, messageId: `join-${client}` }), '"ack"'],
    ],
    say: (roomId, content, messageId) =>
      kind === "stored"
        ? JSON.stringify({ type: "send_message", payload: { roomId, content }, messageId })
        : JSON.stringify({
          type: "publish",
          payload: { roomId, event: "e", data: content, ephemeral: true },
        }),
  };
}

/** Everything that is measured, the peers with what npm gave in `PEERS`. */
export const contenders: readonly Contender[] = [
  { name: "ws on Node", command: ["node", `${PEERS}ws.js`], ...plain },
  {
    name: "Socket.IO on Node",
    command: ["node", `${PEERS}socketio.js`],
    path: "/socket.io/?EIO=4&transport=websocket",
    entering: (room) => [["40", '40{"sid"'], [`42["join",${JSON.stringify(room)}]`, '42["joined"']],
    say: (room, text) => `42["say",${JSON.stringify(room)},${JSON.stringify(text)}]`,
  },
  { name: "Bun", command: [bun, `${PEERS}bun.js`], ...plain },
  denbun("Denbun, ephemeral, batches", "ephemeral", "denbun.json.batch"),
  denbun("Denbun, stored and acked, batches", "stored", "denbun.json.batch"),
  denbun("Denbun, ephemeral, plain JSON", "ephemeral"),
  denbun("Denbun, stored and acked, plain JSON", "stored"),
];
