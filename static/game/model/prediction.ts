import type { GamePlayer } from "../../../src/protocol/messages.ts";
import { arena, type ArenaInput, bodiesIn, type Body, move } from "../../../src/features/game/arena.ts";

/** An input as it goes over the wire: two directions and a thrust, in hundredths. */
export type SentInput = readonly [x: number, y: number, thrust: number];

interface Pending {
  readonly seq: number;
  readonly sent: SentInput;
}

/** More than the server can have left unanswered for long: two seconds. */
const MOST_PENDING = 120;
/** How much of a correction is left to be seen after each step. */
const FADING = 0.82;
/** A correction larger than this is no error of ours: one was put elsewhere. */
const JUMP = 1500;
/** An input is repeated with this many that come after it. */
const REPEATED = 3;

/**
 * Where oneself is before the server has said so: the last state, and every input since that it did not know of,
 * by the server's own rules. What the guess was wrong by fades away over some frames.
 */
export class Prediction {
  #bodies: Body[] = [];
  #pending: Pending[] = [];
  #seq = 0;
  #error = { x: 0, y: 0 };
  #before: { x: number; y: number } | undefined;

  /** Takes one step with an input of one's own. */
  step(me: string, sent: SentInput): void {
    this.#pending.push({ seq: ++this.#seq, sent });
    if (this.#pending.length > MOST_PENDING) this.#pending.shift();
    const own = this.#own(me);
    this.#before = own && this.#shown(own);
    this.#run(me, sent);
    this.#error.x *= FADING;
    this.#error.y *= FADING;
  }

  /** The server's word: what it knows of is done, the rest is done again on top of it. */
  correct(me: string, players: readonly GamePlayer[]): void {
    const expected = this.#own(me);
    const lastSeq = players.find(({ id }) => id === me)?.lastSeq ?? 0;
    // after a reload the server may be ahead of a page that counts anew
    if (lastSeq > this.#seq) this.#seq = lastSeq;
    this.#pending = this.#pending.filter(({ seq }) => seq > lastSeq);
    this.#bodies = bodiesIn(players);
    for (const { sent } of this.#pending) this.#run(me, sent);
    const own = this.#own(me);
    if (!own || !expected) return;
    const error = { x: this.#error.x + expected.x - own.x, y: this.#error.y + expected.y - own.y };
    this.#error = Math.hypot(error.x, error.y) > JUMP ? { x: 0, y: 0 } : error;
  }

  /** One's own body as it is to be drawn, `part` of the way through the present step. */
  own(me: string, part: number): Body | undefined {
    const own = this.#own(me);
    if (!own) return undefined;
    const now = this.#shown(own);
    const before = this.#before ?? now;
    const jumped = Math.hypot(now.x - before.x, now.y - before.y) > JUMP;
    if (jumped) return { ...own, ...now };
    return { ...own, x: before.x + (now.x - before.x) * part, y: before.y + (now.y - before.y) * part };
  }

  /** What to send: the newest input with its number, and those before it. */
  get message(): { seq: number; input: SentInput; earlier: SentInput[] } | undefined {
    const [newest, ...earlier] = this.#pending.slice(-1 - REPEATED).reverse();
    return newest && { seq: newest.seq, input: newest.sent, earlier: earlier.map(({ sent }) => sent) };
  }

  #run(me: string, sent: SentInput): void {
    move(this.#bodies, new Map([[me, arena.input(sent) as ArenaInput]]));
  }

  #own(me: string): Body | undefined {
    return this.#bodies.find(({ id }) => id === me);
  }

  #shown({ x, y }: Body): { x: number; y: number } {
    return { x: x + this.#error.x, y: y + this.#error.y };
  }
}
