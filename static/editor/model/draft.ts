import { type ReadonlySignal, signal } from "@preact/signals";
import { IndexeddbPersistence } from "y-indexeddb";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { Relay, User } from "../../../src/client/mod.ts";
import { DenbunProvider, type DocumentState } from "../../../src/client/yjs.ts";

/** Who is in the document, as far as they are listed, and how many they are. */
export interface People {
  readonly users: readonly User[];
  readonly count: number;
}

/** What an earlier visit left in this browser comes soon, or is not waited for. */
const KEPT_MS = 3_000;
const META = "meta";
const TITLE = "title";

/** One document: here, in this browser's own store, and on the relay. */
export class Draft {
  readonly id: string;
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly text = this.doc.getText("content");
  /** takes back what this window wrote, and nobody else */
  readonly undo = new Y.UndoManager(this.text);
  readonly state: ReadonlySignal<DocumentState>;
  readonly people: ReadonlySignal<People>;
  readonly title: ReadonlySignal<string>;
  /** what an earlier visit left is here */
  readonly isLoaded: ReadonlySignal<boolean>;
  readonly #state = signal<DocumentState>({ synced: false, saved: true, version: 0, problem: undefined });
  readonly #people = signal<People>({ users: [], count: 0 });
  readonly #title = signal("");
  readonly #isLoaded = signal(false);
  #provider: DenbunProvider | undefined;
  #unwatch: (() => void) | undefined;

  constructor(relay: Relay, id: string) {
    this.id = id;
    this.state = this.#state;
    this.people = this.#people;
    this.title = this.#title;
    this.isLoaded = this.#isLoaded;
    const meta = this.doc.getMap(META);
    meta.observe(() => this.#title.value = String(meta.get(TITLE) ?? ""));
    void this.#begin(relay);
  }

  rename(title: string): void {
    this.doc.getMap(META).set(TITLE, title);
  }

  async #begin(relay: Relay): Promise<void> {
    await this.#kept();
    this.#isLoaded.value = true;
    const { doc, awareness } = this;
    // only now: what is not level yet comes out by comparing all that is here
    const provider = this.#provider = new DenbunProvider(relay, this.id, { yjs: Y, doc, awareness });
    provider.state.subscribe((state) => {
      this.#state.value = state;
      this.#watchPeople();
    });
    this.#watchPeople();
  }

  /** What this browser has of the document, also what it could not send. */
  async #kept(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const store = new IndexeddbPersistence(`denbun document ${this.id}`, this.doc);
      const patience = new Promise((resolve) => timer = setTimeout(resolve, KEPT_MS));
      await Promise.race([store.whenSynced, patience]);
    } catch {
      // a browser that keeps nothing, as in private windows: the document is there all the same
    } finally {
      clearTimeout(timer);
    }
  }

  /** The provider's room may have become another one. */
  #watchPeople(): void {
    const { presence } = this.#provider!.room;
    this.#unwatch?.();
    this.#people.value = presence.snapshot;
    this.#unwatch = presence.subscribe((people) => this.#people.value = people);
  }
}
