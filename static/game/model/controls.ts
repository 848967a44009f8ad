import type { SentInput } from "./prediction.ts";

/** Which way a key goes, by the place of the key, so that other layouts have it in the same place. */
const KEYS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowUp: [0, -1],
  KeyW: [0, -1],
  ArrowDown: [0, 1],
  KeyS: [0, 1],
  ArrowLeft: [-1, 0],
  KeyA: [-1, 0],
  ArrowRight: [1, 0],
  KeyD: [1, 0],
};
const THRUST_KEYS = new Set(["Space", "Enter", "ShiftLeft", "ShiftRight"]);

/** What the player wants at this moment, by keyboard, stick and button. */
export class Controls {
  readonly #held = new Set<string>();
  #stick = { x: 0, y: 0 };
  #button = false;
  /** a press shorter than a step counts all the same */
  #pressed = false;

  /** A key went down. True when it is one of the game's. */
  down(code: string): boolean {
    if (!(code in KEYS) && !THRUST_KEYS.has(code)) return false;
    this.#held.add(code);
    if (THRUST_KEYS.has(code)) this.#pressed = true;
    return true;
  }

  up(code: string): void {
    this.#held.delete(code);
  }

  /** The stick's place, −1 to 1 each. */
  set stick(place: { x: number; y: number }) {
    this.#stick = place;
  }

  get stick(): { readonly x: number; readonly y: number } {
    return this.#stick;
  }

  set button(isDown: boolean) {
    this.#button = isDown;
    if (isDown) this.#pressed = true;
  }

  /** Lets go of everything: the page is not looked at any more. */
  release(): void {
    this.#held.clear();
    this.#stick = { x: 0, y: 0 };
    this.#button = false;
  }

  /** The input of a step. */
  take(): SentInput {
    let { x, y } = this.#stick;
    let thrust = this.#button || this.#pressed;
    for (const code of this.#held) {
      const [dx, dy] = KEYS[code] ?? [0, 0];
      x += dx;
      y += dy;
      thrust ||= THRUST_KEYS.has(code);
    }
    this.#pressed = false;
    const length = Math.max(1, Math.hypot(x, y));
    return [Math.round(100 * x / length), Math.round(100 * y / length), thrust ? 1 : 0];
  }
}
