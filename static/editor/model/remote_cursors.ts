import { type Extension, type Range, RangeSet } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  ViewPlugin,
  type ViewUpdate,
  WidgetType,
} from "@codemirror/view";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { colourOf } from "./colours.ts";

/** A selection that holds its place while others write: positions of the document, not numbers. */
interface SharedCursor {
  readonly anchor: unknown;
  readonly head: unknown;
}

/**
 * Shows where the others are, and tells them where we are. A thin one of our own: the binding's writes colours into
 * `style` attributes, which the pages' content security policy does not let through.
 */
export function remoteCursors(text: Y.Text, awareness: Awareness): Extension {
  return ViewPlugin.define((view) => new RemoteCursors(view, text, awareness), {
    decorations: (plugin) => plugin.decorations,
  });
}

class RemoteCursors {
  decorations: DecorationSet = RangeSet.empty;
  readonly #text: Y.Text;
  readonly #awareness: Awareness;
  readonly #changed: (changes: Record<"added" | "updated" | "removed", number[]>) => void;

  constructor(view: EditorView, text: Y.Text, awareness: Awareness) {
    this.#text = text;
    this.#awareness = awareness;
    this.#changed = ({ added, updated, removed }) => {
      // an update that changes nothing but this plugin's decorations
      if ([...added, ...updated, ...removed].some((id) => id !== awareness.clientID)) view.dispatch({});
    };
    awareness.on("change", this.#changed);
  }

  update({ view }: ViewUpdate): void {
    this.#tell(view);
    this.decorations = this.#others(view.state.doc.length);
  }

  destroy(): void {
    this.#awareness.off("change", this.#changed);
  }

  #tell(view: EditorView): void {
    const { anchor, head } = view.state.selection.main;
    const cursor = view.hasFocus ? { anchor: this.#shared(anchor), head: this.#shared(head) } : null;
    const before = this.#awareness.getLocalState()?.cursor ?? null;
    if (JSON.stringify(before) !== JSON.stringify(cursor)) {
      this.#awareness.setLocalStateField("cursor", cursor);
    }
  }

  #shared(index: number): unknown {
    return Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.#text, index));
  }

  #others(length: number): DecorationSet {
    const ranges: Range<Decoration>[] = [];
    for (const [clientId, { cursor, user }] of this.#awareness.getStates()) {
      if (clientId === this.#awareness.clientID || !cursor || !user) continue;
      const anchor = this.#index(cursor.anchor, length);
      const head = this.#index(cursor.head, length);
      if (anchor === undefined || head === undefined) continue;
      const colour = colourOf(user.userId);
      if (anchor !== head) {
        const mark = Decoration.mark({ class: `remote-selection ${colour}` });
        ranges.push(mark.range(Math.min(anchor, head), Math.max(anchor, head)));
      }
      const caret = Decoration.widget({ widget: new Caret(user.name, colour), side: head > anchor ? -1 : 1 });
      ranges.push(caret.range(head));
    }
    return Decoration.set(ranges, true);
  }

  /** Nothing when it is of no place in this text, which another client may say. */
  #index(shared: SharedCursor["head"], length: number): number | undefined {
    try {
      const position = Y.createRelativePositionFromJSON(shared);
      const absolute = Y.createAbsolutePositionFromRelativePosition(position, this.#text.doc!);
      return absolute?.type === this.#text && absolute.index <= length ? absolute.index : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Another's place in the text. */
class Caret extends WidgetType {
  readonly #name: string;
  readonly #colour: string;

  constructor(name: string, colour: string) {
    super();
    this.#name = name;
    this.#colour = colour;
  }

  override eq(other: Caret): boolean {
    return this.#name === other.#name && this.#colour === other.#colour;
  }

  override toDOM(): HTMLElement {
    const caret = document.createElement("span");
    caret.className = `remote-caret ${this.#colour}`;
    caret.dataset.name = this.#name;
    // who stands where is said in the list of people: here it would be read in the middle of the text
    caret.ariaHidden = "true";
    const label = document.createElement("span");
    label.className = "remote-name";
    label.textContent = this.#name;
    // without a character of its own a caret between words would take part in breaking lines
    caret.append("\u2060", label, "\u2060");
    return caret;
  }

  override get estimatedHeight(): number {
    return -1;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}
