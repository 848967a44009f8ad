import { type ReadonlySignal, signal } from "@preact/signals";
import { type Relay, type Room } from "../../../src/client/mod.ts";
import { uuid } from "../../../src/client/ids.ts";
import { type ArenaScene, type Body } from "../../../src/features/game/arena.ts";
import { STEP_MS } from "../../../src/features/game/rules.ts";
import { type GameState, StateReader } from "../../../src/client/game.ts";
import type { GameKeyState } from "../../../src/protocol/messages.ts";
import { type Connection, watchConnection } from "../../shared/connection.ts";
import { Controls } from "./controls.ts";
import type { Traffic } from "./counted.ts";
import { Past } from "./past.ts";
import { Prediction } from "./prediction.ts";

/** An input is sent with every so many: each goes out twice at least. */
const SEND_EVERY = 2;
/** A page that slept does not run after what it missed. */
const MOST_STEPS = 10;
const PING_EVERY_MS = 2000;
const READ_EVERY_MS = 1000;
/** How often what is not drawn is said anew. */
const TELL_EVERY_MS = 250;

/** A player in the list. */
export interface Ranked {
  readonly id: string;
  readonly name: string;
  readonly score: number;
  readonly colour: number;
  readonly x: number;
  readonly y: number;
  readonly isOut: boolean;
}

/** What the connection costs and how quick it is. */
export interface Gauges {
  readonly downPerSecond: number;
  readonly upPerSecond: number;
  readonly statesPerSecond: number;
  readonly jitterMs: number;
  readonly pingMs: number | undefined;
}

/** What is to be drawn. */
export interface Picture {
  readonly bodies: readonly Body[];
  readonly scene: ArenaScene;
  readonly me: string | undefined;
  /** ms since the last state: nobody decides at this moment when that is long */
  readonly silentMs: number;
}

const NOTHING: Gauges = {
  downPerSecond: 0,
  upPerSecond: 0,
  statesPerSecond: 0,
  jitterMs: 0,
  pingMs: undefined,
};

/** One player at the game: inputs go up, states come down, and between two of them one goes on by oneself. */
export class Play {
  readonly controls = new Controls();
  readonly connection: ReadonlySignal<Connection>;
  readonly ranked = signal<readonly Ranked[]>([]);
  readonly gauges = signal<Gauges>(NOTHING);
  /** the owner's term: it grows when the game moves to another node */
  readonly term = signal(0);
  /** another window of the same user plays, and this one looks on */
  readonly isElsewhere = signal(false);
  readonly #relay: Relay;
  readonly #room: Room;
  readonly #traffic: Traffic;
  readonly #reader = new StateReader();
  readonly #past = new Past();
  readonly #prediction = new Prediction();
  readonly #end = new AbortController();
  #window = newWindow();
  #state: GameKeyState | undefined;
  #heardMs = 0;
  #states = 0;
  #steps = 0;
  #dueMs = 0;
  #toldMs = 0;

  constructor(relay: Relay, roomId: string, traffic: Traffic) {
    const { signal: until } = this.#end;
    this.#relay = relay;
    this.#traffic = traffic;
    this.#room = relay.room(roomId);
    this.connection = watchConnection(relay, until);
    this.#room.on("joined_room", () => this.#reader.reset());
    this.#room.on<"game_state", GameState>("game_state", (state) => this.#heard(state));
    every(PING_EVERY_MS, until, () => this.#ping());
    every(READ_EVERY_MS, until, () => this.#read());
  }

  /** Steps that have become due, and what there is to see now. */
  frame(nowMs: number): Picture | undefined {
    const me = this.#relay.self?.userId;
    if (nowMs - this.#dueMs > MOST_STEPS * STEP_MS) this.#dueMs = nowMs;
    const plays = me !== undefined && !this.isElsewhere.peek();
    for (; this.#dueMs <= nowMs; this.#dueMs += STEP_MS) if (plays) this.#step(me);
    if (!this.#state) return undefined;
    const scene = this.#state.scene as ArenaScene;
    const part = 1 - (this.#dueMs - nowMs) / STEP_MS;
    const own = plays ? this.#prediction.own(me, part) : undefined;
    const others = this.#past.at(nowMs) as unknown as Body[];
    const bodies = own ? [...others.filter(({ id }) => id !== me), own] : others;
    if (nowMs - this.#toldMs > TELL_EVERY_MS) this.#tell(nowMs, bodies, scene);
    return { bodies, scene, me, silentMs: nowMs - this.#heardMs };
  }

  /** Plays on here, and no longer in the other window. */
  takeOver(): void {
    this.#window = newWindow();
    this.isElsewhere.value = false;
  }

  close(): void {
    this.#end.abort();
    this.#relay.close();
  }

  #step(me: string): void {
    this.#prediction.step(me, this.controls.take());
    if (++this.#steps % SEND_EVERY > 0) return;
    const { message } = this.#prediction;
    if (message) this.#room.tell("player_input", { ...message, window: this.#window });
  }

  #heard(state: GameState): void {
    const whole = this.#reader.read(state);
    if (!whole) return;
    const nowMs = performance.now();
    this.#states++;
    this.#state = whole;
    this.#heardMs = nowMs;
    this.#past.add(whole, nowMs);
    this.term.value = whole.term;
    const me = this.#relay.self?.userId;
    if (me === undefined) return;
    this.#prediction.correct(me, whole.players);
    if (whole.former?.[me]?.includes(this.#window)) this.isElsewhere.value = true;
  }

  #tell(nowMs: number, bodies: readonly Body[], { people }: ArenaScene): void {
    this.#toldMs = nowMs;
    this.ranked.value = bodies.flatMap(({ id, x, y, away }) => {
      const [name, score, colour] = people[id] ?? [];
      if (name === undefined) return [];
      return [{
        id,
        name,
        score: score!,
        colour: colour!,
        x: Math.round(x),
        y: Math.round(y),
        isOut: away > 0,
      }];
    }).sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  }

  #ping(): void {
    const startMs = performance.now();
    // asked as any client may, and answered without a look at any store
    this.#room.ask("ping").then(
      () => this.gauges.value = { ...this.gauges.value, pingMs: performance.now() - startMs },
      () => {},
    );
  }

  #read(): void {
    const { down, up } = this.#traffic;
    this.#traffic.down = this.#traffic.up = 0;
    const perSecond = 1000 / READ_EVERY_MS;
    this.gauges.value = {
      ...this.gauges.value,
      downPerSecond: down * perSecond,
      upPerSecond: up * perSecond,
      statesPerSecond: this.#states * perSecond,
      jitterMs: this.#state?.jitterMs ?? 0,
    };
    this.#states = 0;
  }
}

/** A name for this window, which tells it from the user's others. */
function newWindow(): string {
  return uuid().slice(0, 8);
}

function every(ms: number, until: AbortSignal, task: () => void): void {
  const timer = setInterval(task, ms);
  until.addEventListener("abort", () => clearInterval(timer));
}
