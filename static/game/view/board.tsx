import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { matches } from "../../shared/media.ts";
import type { Picture, Play } from "../model/play.ts";
import { say } from "../words.ts";
import { draw, type Palette } from "./draw.ts";
import { watchKeys } from "./keys.ts";

/** Without a state for so long the game is moving, or the network is gone. */
const SILENT_MS = 700;
/** How long a word stands over the sheet. */
const WORD_MS = 1600;
/** Sharper than this no eye sees, and phones get warm. */
const MOST_DENSITY = 3;

const isCalm = matches("(prefers-reduced-motion: reduce)");

type Word = "waiting" | "moving" | "fallen" | "point" | "";

/** The sheet and everybody on it, drawn as often as the screen shows it. */
export function Board({ play }: { readonly play: Play }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const word = useSignal<Word>("waiting");
  useEffect(() => {
    const element = canvas.current!;
    const context = element.getContext("2d")!;
    const end = new AbortController();
    const words = createWords();
    let palette = paletteOf(element);
    let size = 0;
    let frames = 0;
    let request = 0;
    watchKeys(play.controls, end.signal);
    const fit = () => {
      const density = Math.min(MOST_DENSITY, devicePixelRatio || 1);
      size = element.clientWidth;
      element.width = element.height = Math.round(size * density);
      context.setTransform(density, 0, 0, density, 0, 0);
    };
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    fit();
    const frame = () => {
      request = requestAnimationFrame(frame);
      // the theme may change at any time, and asking for it is not for free
      if (++frames % 30 === 0) palette = paletteOf(element);
      const nowMs = performance.now();
      const picture = play.frame(nowMs);
      word.value = words(picture, play, nowMs);
      if (picture) draw(context, size, picture, palette);
    };
    request = requestAnimationFrame(frame);
    return () => {
      cancelAnimationFrame(request);
      observer.disconnect();
      end.abort();
    };
  }, [play]);
  const count = play.ranked.value.length;
  const words = say();
  return (
    <div
      class="board"
      data-testid="board"
      data-players={count}
      data-term={play.term.value}
      data-word={word.value}
    >
      <canvas ref={canvas} role="img" aria-label={words.board(count)} />
      <div class="board-word" role="status">
        {play.isElsewhere.value
          ? (
            <div class="sheet">
              <p>{words.elsewhere}</p>
              <button type="button" class="button" data-testid="play-here" onClick={() => play.takeOver()}>
                {words.playHere}
              </button>
            </div>
          )
          : word.value && words[word.value]}
      </div>
    </div>
  );
}

/** Tells what has to be said: what goes wrong first, then what one did. */
function createWords(): (picture: Picture | undefined, play: Play, nowMs: number) => Word {
  let score: number | undefined;
  let pointMs = -Infinity;
  return (picture, play, nowMs) => {
    if (!picture) return "waiting";
    const own = picture.bodies.find(({ id }) => id === picture.me);
    const now = play.ranked.peek().find(({ id }) => id === picture.me)?.score;
    if (score !== undefined && now !== undefined && now > score) pointMs = nowMs;
    score = now;
    // without a connection nothing is known of the game: the banner says what there is to say
    const isOnline = play.connection.peek().state.status === "online";
    if (picture.silentMs > SILENT_MS) return isOnline ? "moving" : "waiting";
    if (nowMs - pointMs < WORD_MS) return "point";
    return own && own.away > 0 ? "fallen" : "";
  };
}

/** The colours of the theme, as the style sheet says them of the canvas. */
function paletteOf(canvas: HTMLCanvasElement): Palette {
  const style = getComputedStyle(canvas);
  return {
    ink: style.color,
    paper: style.backgroundColor,
    sheet: style.columnRuleColor,
    line: style.textDecorationColor,
    seal: style.caretColor,
    isDark: brightness(style.color) > brightness(style.backgroundColor),
    isCalm: isCalm.peek(),
  };
}

function brightness(colour: string): number {
  return (colour.match(/[\d.]+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
}
