/**
 * What a game costs: a relay in a process of its own, players over WebSocket, each with 30 inputs a second. Says how
 * steady the server's steps are and what each player receives.
 *
 *     deno task bench:game [players] [seconds]
 *
 * @module
 */
import { StateReader } from "../../src/client/game.ts";
import { json, msgpack } from "../../src/protocol/codecs/mod.ts";
import type { Codec, Frame } from "../../src/protocol/codecs/codec.ts";
import type { Envelope, ServerMessages } from "../../src/protocol/messages.ts";
import { Sealed } from "../../src/protocol/sealed.ts";
import { Server } from "../e2e/server.ts";

const ROOM = "game:bench";
const INPUT_EVERY_MS = 1000 / 30;
/** Before it is measured everybody is there and the sheet has its size. */
const WARM_UP_MS = 3000;

/** One player that runs in circles and pushes now and then. */
class Player {
  bytes = 0;
  states = 0;
  /** the server's own measure, a key state each */
  readonly jitter: number[] = [];
  readonly #socket: WebSocket;
  readonly #codec: Codec;
  readonly #reader = new StateReader();
  readonly #n: number;
  #seq = 0;

  constructor(url: string, codec: Codec, n: number) {
    this.#n = n;
    this.#codec = codec;
    this.#socket = new WebSocket(`${url}?name=player-${n}`, [codec.name]);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => this.#heard(data);
  }

  /** What it wants, a tenth of the players each at another moment. */
  say(): void {
    this.#seq += 2;
    const angle = this.#seq / 40 + this.#n;
    const input = [
      Math.round(100 * Math.cos(angle)),
      Math.round(100 * Math.sin(angle)),
      this.#seq % 90 < 4 ? 1 : 0,
    ];
    this.#send("player_input", { roomId: ROOM, seq: this.#seq, input, earlier: [input, input, input] });
  }

  close(): void {
    this.#socket.close();
  }

  #heard(data: string | ArrayBuffer): void {
    this.bytes += typeof data === "string" ? data.length : data.byteLength;
    const frame: Frame = typeof data === "string" ? data : new Uint8Array(data);
    for (const envelope of this.#codec.decode(frame) as Envelope[]) {
      if (envelope.type === "welcome") this.#send("join_room", { roomId: ROOM });
      if (envelope.type !== "game_state") continue;
      const state = envelope.payload as ServerMessages["game_state"];
      if (this.#reader.read(state)) this.states++;
      if ("jitterMs" in state) this.jitter.push(state.jitterMs);
    }
  }

  #send(type: string, payload: object): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const [frame] = this.#codec.encode([Sealed.of({ type, payload })]);
    this.#socket.send(frame!);
  }
}

async function measure(codec: Codec, players: number, seconds: number): Promise<string> {
  await using server = await Server.start({ env: { STORE: "memory", LOG_LEVEL: "info" } });
  const all = Array.from({ length: players }, (_, n) => new Player(server.ws, codec, n));
  const inputs = setInterval(() => all.forEach((player) => player.say()), INPUT_EVERY_MS);
  await pause(WARM_UP_MS);
  for (const player of all) {
    player.bytes = player.states = 0;
    player.jitter.length = 0;
  }
  await pause(seconds * 1000);
  clearInterval(inputs);
  for (const player of all) player.close();
  const mean = (of: (player: Player) => number) => all.reduce((sum, player) => sum + of(player), 0) / players;
  const jitter = all[0]!.jitter.toSorted((a, b) => a - b);
  return [
    `${codec.name}, ${players} players:`,
    `${(mean(({ bytes }) => bytes) / seconds / 1000).toFixed(1)} kB/s a player,`,
    `${(mean(({ states }) => states) / seconds).toFixed(1)} states/s,`,
    `step jitter p99 over 2 s: median ${jitter[jitter.length >> 1]} ms, worst ${jitter.at(-1)} ms`,
  ].join(" ");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) {
  const [players = 50, seconds = 10] = Deno.args.map(Number);
  for (const codec of [json, msgpack]) {
    for (const count of new Set([4, players])) {
      // deno-lint-ignore no-console -- what a bench prints
      console.log(await measure(codec, count, seconds));
    }
  }
}
