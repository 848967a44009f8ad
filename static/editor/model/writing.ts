import { defaultKeymap } from "@codemirror/commands";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import type { Draft } from "./draft.ts";
import { remoteCursors } from "./remote_cursors.ts";

/** What the surface says to readers of it. */
export interface WritingWords {
  readonly label: string;
  readonly placeholder: string;
}

/** An editor on the page. */
export interface Writing {
  /** Whether one may write, and in which language one is spoken to. */
  set(options: { readonly readOnly: boolean; readonly words: WritingWords }): void;
  destroy(): void;
}

/**
 * Puts an editor into an element. It lives in a shadow tree: there CodeMirror brings its styles as constructed
 * sheets, which need no exception from the content security policy.
 */
export function openWriting(host: HTMLElement, draft: Draft): Writing {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const options = new Compartment();
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: draft.text.toString(),
      extensions: [
        keymap.of([...yUndoManagerKeymap, ...defaultKeymap]),
        EditorView.lineWrapping,
        THEME,
        yCollab(draft.text, null, { undoManager: draft.undo }),
        remoteCursors(draft.text, draft.awareness),
        options.of([]),
      ],
    }),
  });
  return {
    set: ({ readOnly, words }) =>
      view.dispatch({
        effects: options.reconfigure([
          EditorState.readOnly.of(readOnly),
          placeholder(words.placeholder),
          EditorView.contentAttributes.of({ "aria-label": words.label, "aria-readonly": String(readOnly) }),
        ]),
      }),
    destroy: () => view.destroy(),
  };
}

const PEOPLE = Object.fromEntries(
  [0, 1, 2, 3, 4, 5].map((n) => [`.p${n}`, { "--person": `var(--person-${n})` }]),
);

const THEME = EditorView.theme({
  "&": { height: "100%", flex: "1", color: "var(--ink)", fontSize: "1.0625rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--sans)", lineHeight: "1.75", overflow: "visible" },
  ".cm-content": { padding: "1.25rem 0 4rem", caretColor: "var(--seal)", minHeight: "20rem" },
  ".cm-line": { padding: "0 1.5rem" },
  ".cm-placeholder": { color: "var(--ink-soft)" },
  ...PEOPLE,
  ".remote-selection": { backgroundColor: "color-mix(in oklab, var(--person) 28%, transparent)" },
  ".remote-caret": {
    position: "relative",
    borderLeft: "2px solid var(--person)",
    marginLeft: "-1px",
    marginRight: "-1px",
  },
  ".remote-name": {
    position: "absolute",
    bottom: "100%",
    left: "-2px",
    padding: "0 0.375rem",
    borderRadius: "3px 3px 3px 0",
    backgroundColor: "var(--person)",
    color: "var(--sheet)",
    fontSize: "0.6875rem",
    lineHeight: "1.5",
    maxWidth: "12rem",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    pointerEvents: "none",
    userSelect: "none",
  },
});
