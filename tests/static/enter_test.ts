import { expect } from "@std/expect";
import { type Keystroke, sendsMessage } from "../../static/chat/model/enter.ts";

const enter: Keystroke = {
  key: "Enter",
  keyCode: 13,
  isComposing: false,
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
};

const CASES: readonly [string, Partial<Keystroke>, boolean][] = [
  ["Enter sends", {}, true],
  ["Ctrl + Enter sends", { ctrlKey: true }, true],
  ["Cmd + Enter sends", { metaKey: true }, true],
  ["Shift + Enter begins a new line", { shiftKey: true }, false],
  ["Enter that confirms a conversion does not send (Chromium, Firefox)", { isComposing: true }, false],
  ["Enter that confirms a conversion does not send (Safari)", { keyCode: 229 }, false],
  ["other keys do not send", { key: "a", keyCode: 65 }, false],
];
for (const [name, change, sends] of CASES) {
  Deno.test(name, () => expect(sendsMessage({ ...enter, ...change })).toBe(sends));
}
