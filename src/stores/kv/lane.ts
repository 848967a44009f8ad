import type { Appended, Draft, Entry } from "../../hub/ports.ts";
import { RelayError } from "../../protocol/errors.ts";
import { ErrorCode } from "../../protocol/wire.ts";
import type { Retention } from "../retention.ts";
import { unavailable } from "../unavailable.ts";
import { Budget, MAX_BODY_CHARACTERS, ROOMS_PER_COMMIT } from "./budget.ts";
import type { Attempt, Database, Life } from "./database.ts";
import { addEntry, costOf, entryOf, type EntryValue } from "./entries.ts";
import type { HeadValue } from "./head_value.ts";
import { Heads, type KnownHead } from "./heads.ts";
import { mayTrim, trim } from "./trimmer.ts";

interface Waiting {
  readonly draft: Draft;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** Appends that may wait in a lane. */
const MAX_WAITING = 10_000;
/** Commits that take messages away from a room before one adds to it. */
const TRIM_ROUNDS = 4;

export interface LaneOptions {
  readonly database: Database;
  readonly retention: Retention;
  readonly onCommit: (writes: number, seconds: number) => void;
}

/**
 * Appends to some of the rooms, one commit after the other: what arrives during one goes into the next. A commit
 * checks the heads of its rooms, and every append to a room moves its head; so an idempotency key that was not
 * there after the head was read is not there when the commit succeeds, whoever else writes. [A2]
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #heads = new Heads();
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  append(draft: Draft): Promise<Appended> {
    if (draft.body.length > MAX_BODY_CHARACTERS) {
      const fact = `a KV store takes ${MAX_BODY_CHARACTERS} characters at most`;
      return Promise.reject(new RelayError(ErrorCode.tooLarge, `Cannot store the message: ${fact}`));
    }
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(unavailable("too many messages wait for the database", 1000));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ draft, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is waiting any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // the calls of this turn belong to the same commit
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      await this.#settle(group);
    }
    this.#running = undefined;
  }

  /** Takes what fits into one commit, without changing the order within a room. */
  #takeGroup(): Waiting[] {
    const budget = new Budget();
    const rooms = new Set<string>();
    const full = new Set<string>();
    const group: Waiting[] = [];
    const rest: Waiting[] = [];
    for (const one of this.#waiting) {
      const { roomId } = one.draft;
      const { mutations, characters, keyCharacters } = costOf(one.draft);
      const known = rooms.has(roomId);
      if (
        full.has(roomId) || !known && rooms.size === ROOMS_PER_COMMIT ||
        !budget.take(mutations + (known ? 0 : 1), characters, keyCharacters)
      ) {
        full.add(roomId);
        rest.push(one);
        continue;
      }
      rooms.add(roomId);
      group.push(one);
    }
    this.#waiting = rest;
    return group;
  }

  async #settle(group: readonly Waiting[]): Promise<void> {
    const { database } = this.#options;
    const startMs = performance.now();
    try {
      await this.#trim(new Set(group.map(({ draft }) => draft.roomId)));
      const answers = await database.attempt((kv) => this.#commit(kv, group.map(({ draft }) => draft)));
      const stored = answers.filter(({ outcome }) => outcome === "stored").length;
      if (stored > 0) this.#options.onCommit(stored, (performance.now() - startMs) / 1000);
      for (const [n, { resolve }] of group.entries()) resolve(answers[n]!);
    } catch (error) {
      this.#heads.forget();
      for (const { reject } of group) reject(error);
    }
  }

  async #commit(kv: Deno.Kv, drafts: readonly Draft[]): Promise<Attempt<Appended[]>> {
    const { database } = this.#options;
    const { keys } = database;
    const life = await this.#heads.load(kv, database, drafts.map(({ roomId }) => roomId));
    const twins = await this.#storedTwins(kv, drafts);
    const heads = new Map<string, KnownHead>();
    const fresh = new Map<string, Draft & { readonly offset: number }>();
    const commit = kv.atomic().check({ key: keys.epoch, versionstamp: life.versionstamp });
    const answers = drafts.map((draft, n): Appended => {
      const name = nameOf(draft);
      const twin = twins[n] ?? fresh.get(name);
      if (twin) return answerOf(draft, twin, life);
      const head = heads.get(draft.roomId) ?? this.#heads.get(draft.roomId);
      const offset = head.top + 1;
      heads.set(draft.roomId, { ...head, top: offset });
      fresh.set(name, { ...draft, offset });
      addEntry(commit, keys, draft, offset);
      return { outcome: "stored", id: draft.id, epoch: life.epoch, offset };
    });
    if (heads.size === 0) return { done: answers };
    for (const [roomId, { versionstamp, top, oldest, retained }] of heads) {
      const value: HeadValue = [top, oldest, retained];
      commit.check({ key: keys.head(roomId), versionstamp }).set(keys.head(roomId), value);
    }
    const result = await commit.commit();
    if (!result.ok) {
      this.#heads.forget();
      return "again";
    }
    for (const [roomId, head] of heads) {
      this.#heads.set(roomId, { ...head, versionstamp: result.versionstamp });
    }
    return { done: answers };
  }

  /** What was stored under the drafts' keys before, for each. A key whose message is gone counts no more. */
  async #storedTwins(kv: Deno.Kv, drafts: readonly Draft[]): Promise<(Entry | undefined)[]> {
    const { database } = this.#options;
    const { keys } = database;
    const found = await database.getMany<number>(
      kv,
      drafts.map(({ roomId, userId, messageId }) => keys.twin(roomId, userId, messageId)),
    );
    return await Promise.all(found.map(async ({ value: offset }, n) => {
      if (offset === null) return undefined;
      const { roomId } = drafts[n]!;
      const { value } = await kv.get<EntryValue>(keys.entry(roomId, offset));
      return value ? await entryOf(kv, database, roomId, offset, value) : undefined;
    }));
  }

  /** Lets go what retention no longer keeps in rooms that are about to grow again. [R5] */
  async #trim(roomIds: ReadonlySet<string>): Promise<void> {
    const { database, retention } = this.#options;
    for (const roomId of roomIds) {
      for (let round = 0; round < TRIM_ROUNDS; round++) {
        const head = this.#heads.known(roomId);
        if (!head || !mayTrim(head, retention)) break;
        const trimmed = await database.attempt((kv) => trim(kv, database, retention, roomId, head))
          // somebody else was faster, or it fails: what is kept too long goes with a later append
          .catch(() => undefined);
        if (trimmed) this.#heads.set(roomId, trimmed);
        else this.#heads.forget(roomId);
      }
    }
  }
}

/** Ids hold no line break, so two names never meet. */
function nameOf({ roomId, userId, messageId }: Draft): string {
  return `${roomId}\n${userId}\n${messageId}`;
}

function answerOf(draft: Draft, twin: Draft & { readonly offset: number }, { epoch }: Life): Appended {
  const same = twin.type === draft.type && twin.body === draft.body;
  return { outcome: same ? "duplicate" : "conflict", id: twin.id, epoch, offset: twin.offset };
}
