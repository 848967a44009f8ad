import type { Change } from "../harness/changed_source.ts";

/** A relay with one mistake in it. The simulation is worth something as long as it finds each. */
export interface Mutant {
  /** goes on "a relay that …" */
  readonly name: string;
  /** what the checker must say of it */
  readonly rule: string;
  /** how many nodes it takes to show: 1, unless given */
  readonly nodes?: number;
  readonly changes: readonly Change[];
}

const PUBLISH = "    const appended = await this.#append(draft, answer);\n";
const GUESS = "{ epoch: known.epoch, offset: known.cursor + 1 }";

export const mutants: readonly Mutant[] = [
  {
    name: "acknowledges before the commit",
    rule: "A1",
    changes: [{
      file: "hub/publishing.ts",
      from: PUBLISH,
      to: `    const known = room(roomId)?.log;
    if (known) answer({ outcome: "stored", id: draft.id, ...${GUESS} });\n${PUBLISH}`,
    }],
  },
  {
    name: "hands messages out before the commit",
    rule: "A1",
    changes: [{
      file: "hub/publishing.ts",
      from: PUBLISH,
      to: `    const known = room(roomId)?.log;
    if (known) known.heard(${GUESS}, [{ ...draft, offset: known.cursor + 1 }], "append");\n${PUBLISH}`,
    }],
  },
  {
    name: "acknowledges after it handed the message out",
    rule: "A1b",
    changes: [{
      file: "hub/publishing.ts",
      from: "      acknowledge(saved);\n",
      to: "      const late = saved;\n      clock.after(2, () => acknowledge(late));\n",
    }],
  },
  {
    name: "lets a read overtake the ack",
    rule: "A1b",
    changes: [{
      file: "hub/publishing.ts",
      from: "    for (const { id, offset } of entries) {",
      to: "    for (const { id, offset } of entries.slice(entries.length)) {",
    }],
  },
  {
    name: "stores a repeated message again",
    rule: "I1",
    changes: [{
      file: "stores/memory/room_log.ts",
      from: "return this.#byKey.get(keyOf(draft));",
      to: "return undefined;",
    }],
  },
  {
    name: "takes in a reader some time after it read the log for it",
    rule: "I3",
    changes: [{
      file: "hub/join.ts",
      from: "  answer(describe(room, userId, start));\n  session.entered(member);\n",
      to: `  answer(describe(room, userId, start));
  const top = room.log.cursor;
  const enterLate = () => {
    member.sent += room.log.cursor - top;
    if (session.isOpen) session.entered(member);
    else room.leave(member);
  };
  hub.store.heads([room.id]).then(enterLate, enterLate);\n`,
    }],
  },
  {
    name: "ignores the epoch of a position",
    rule: "R2",
    changes: [{
      file: "hub/resume.ts",
      from: "const recovered = since.epoch === epoch && since.offset <= cursor",
      to: "const recovered = since.offset <= cursor",
    }],
  },
  {
    name: "does not tell its readers of a new epoch",
    rule: "I3",
    changes: [{
      file: "hub/catch_up.ts",
      from: '      restart(member, room.log.cursor, "epoch", nowMs);',
      to: "      member.epoch = room.log.epoch;\n      member.sent = room.log.cursor;",
    }],
  },
  {
    name: "recovers what is left and leaves out what was trimmed",
    rule: "I3",
    changes: [
      { file: "hub/resume.ts", from: " && since.offset >= oldest - 1", to: "" },
      {
        file: "hub/room_log.ts",
        from: "return items[0]?.offset === offset + 1 ? { items } : { broken: true };",
        to: "return items.length > 0 ? { items } : { broken: true };",
      },
    ],
  },
  {
    name: "promises a recovery without asking what was trimmed",
    rule: "R2",
    changes: [{ file: "hub/resume.ts", from: "await log.holds(wanted.offset);", to: "await undefined;" }],
  },
  {
    name: "makes a reader live one message too early",
    rule: "I4",
    changes: [{
      file: "hub/catch_up.ts",
      from: "member.sent >= room.log.cursor",
      to: "member.sent + 1 >= room.log.cursor",
    }],
  },
  {
    name: "drops what a slow reader does not take",
    rule: "I3",
    changes: [{
      file: "hub/fanout.ts",
      from: "if (next && outbox.writable) {",
      to: "if (next && !outbox.writable) member.sent = batch.lastOffset || member.sent;\n" +
        "      else if (next) {",
    }],
  },
  {
    name: "skips what it has not heard of when it hears of more",
    rule: "I3",
    changes: [{
      file: "hub/room_log.ts",
      from: "if (entry.offset === this.#cursor + 1) this.#advance(entry);",
      to: 'if (by === "append") (this.#tail.clear(), this.#advance(entry));',
    }, {
      file: "hub/fanout.ts",
      from: "const next = batch.firstOffset === 0 || member.sent + 1 === batch.firstOffset;",
      to: "const next = true;",
    }],
  },
  {
    name: "never compares its rooms with the store",
    rule: "I4",
    changes: [{
      file: "hub/rooms.ts",
      from: "this.get(head.roomId)?.log.swept(head);",
      to: "void head;",
    }],
  },
  {
    name: "closes its connections without answering what it stored",
    rule: "I6",
    changes: [{ file: "hub/hub.ts", from: "    await this.#publishing.answered(withinMs);\n", to: "" }],
  },
  {
    name: "drops the replies a slow reader has not taken when it closes",
    rule: "I6",
    changes: [{ file: "hub/session.ts", from: "      this.outbox.send([]);\n", to: "" }],
  },
  {
    name: "says a user has left when one of two tabs closes",
    rule: "I7",
    changes: [{ file: "hub/presence.ts", from: "--present.sessions > 0", to: "--present.sessions < 0" }],
  },
  {
    name: "says nothing of a read mark whose commit it did not hear of",
    rule: "A4",
    changes: [{
      file: "hub/read_marks.ts",
      from: "if (stored >= upTo) return this.#note(epoch, userId, stored);",
      to: "if (stored >= upTo) return this.#note(epoch, userId, stored) && false;",
    }],
  },
  {
    name: "keeps the marks of a new epoch under the old one",
    rule: "A4",
    changes: [{
      file: "hub/read_marks.ts",
      from: "    const table = this.#tableOf(epoch);\n",
      to: "    const table = this.#tableOf(this.#epoch);\n",
    }, {
      file: "hub/read_marks.ts",
      from: "    this.#epoch = epoch;\n    const rows = await this.#table.list(this.#tableOf(epoch));\n",
      to: "    const rows = await this.#table.list(this.#tableOf(epoch));\n    this.#epoch = epoch;\n",
    }, {
      file: "hub/room.ts",
      from: "this.#reopening = clock.after(STORE_RETRY_MS, () => this.#reopenMarks());",
      to: "void clock;",
    }],
  },
  {
    name: "trusts a hint without looking into the store",
    rule: "I4",
    nodes: 3,
    changes: [{
      file: "hub/room_log.ts",
      from: "    for (const entry of position.epoch",
      to: `    if (entries.length === 0 && position.epoch === this.#epoch) {
      this.#tail.clear();
      this.#cursor = position.offset;
      return;
    }
    for (const entry of position.epoch`,
    }],
  },
  {
    name: "believes the message in a hint, whoever may have written it",
    rule: "I2",
    nodes: 3,
    changes: [{
      file: "hub/hearing.ts",
      from: "if (entries === undefined || !this.#deps.backplane.trusted) return [];",
      to: "if (entries === undefined) return [];",
    }],
  },
  {
    name: "takes the messages in a hint without looking where they belong",
    rule: "I3",
    nodes: 3,
    changes: [{
      file: "hub/room_log.ts",
      from: "for (const entry of position.epoch === this.#epoch ? entries : []) {\n" +
        "      if (entry.offset === this.#cursor + 1) this.#advance(entry);",
      to: "for (const entry of position.epoch === this.#epoch ? entries : []) {\n" +
        "      this.#tail.clear();\n      this.#advance(entry);",
    }, {
      file: "hub/fanout.ts",
      from: "const next = batch.firstOffset === 0 || member.sent + 1 === batch.firstOffset;",
      to: "const next = true;",
    }],
  },
  {
    name: "looks into the store only when it hears of the next message",
    rule: "I4",
    nodes: 3,
    changes: [
      { file: "hub/rooms.ts", from: "this.get(head.roomId)?.log.swept(head);", to: "void head;" },
      {
        file: "hub/room_log.ts",
        from: "    this.refresh(by).catch((error) =>",
        to: "    if (position.offset === this.#cursor + 1) this.refresh(by).catch((error) =>",
      },
    ],
  },
  {
    name: "relies on every hint of another node",
    rule: "I4",
    nodes: 3,
    changes: [{
      file: "hub/rooms.ts",
      from: "this.get(head.roomId)?.log.swept(head);",
      to: "void head;",
    }],
  },
  {
    name: "keeps the users of a node that was killed",
    rule: "I7",
    nodes: 3,
    changes: [{
      file: "hub/nodes.ts",
      from: "if (heardMs <= silentSinceMs) this.#lost(nodeId);",
      to: "if (heardMs > silentSinceMs && heardMs <= silentSinceMs) this.#lost(nodeId);",
    }],
  },
  {
    name: "does not ask again who is in a room",
    rule: "I7",
    nodes: 3,
    changes: [{
      file: "hub/nodes.ts",
      from: "      if (room.presence.isShared) {",
      to: "      if (!room) {",
    }],
  },
  {
    name: "relies on being told of every read mark",
    rule: "A4",
    nodes: 3,
    changes: [{
      file: "hub/rooms.ts",
      from: "presence.small && (all || presence.isShared)",
      to: "false && all && presence.small",
    }],
  },
];
