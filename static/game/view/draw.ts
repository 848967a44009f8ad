import { AWAY_STEPS, type Body, COOL_STEPS, RADIUS, THRUST_STEPS } from "../../../src/features/game/arena.ts";
import { graphemesOf, initial } from "../../shared/graphemes.ts";
import type { Picture } from "../model/play.ts";
import { colourOf } from "./colours.ts";

/** What everything is drawn in. */
export interface Palette {
  readonly ink: string;
  readonly paper: string;
  readonly sheet: string;
  readonly line: string;
  readonly seal: string;
  readonly isDark: boolean;
  /** the reader asked for less motion */
  readonly isCalm: boolean;
}

/** What stands around the sheet, in parts of its radius. */
const MARGIN = 1.14;
/** A fall is shown for so many of the steps one is away. */
const FALL_STEPS = 24;

/** Draws one frame, `size` CSS pixels wide and high. */
export function draw(
  context: CanvasRenderingContext2D,
  size: number,
  picture: Picture,
  palette: Palette,
): void {
  const { scene: { radius }, bodies, me } = picture;
  context.clearRect(0, 0, size, size);
  context.save();
  const scale = size / (2 * MARGIN * radius);
  context.translate(size / 2, size / 2);
  context.scale(scale, scale);
  drawSheet(context, radius, palette);
  // oneself on top of everybody
  for (const body of bodies) if (body.id !== me) drawBody(context, body, picture, palette, scale);
  for (const body of bodies) if (body.id === me) drawBody(context, body, picture, palette, scale);
  context.restore();
}

function drawSheet(context: CanvasRenderingContext2D, radius: number, { sheet, line, seal }: Palette): void {
  circle(context, 0, 0, radius + RADIUS * 0.35);
  context.fillStyle = sheet;
  context.fill();
  context.lineWidth = RADIUS * 0.28;
  context.strokeStyle = line;
  context.stroke();
  circle(context, 0, 0, radius);
  context.lineWidth = RADIUS * 0.07;
  context.strokeStyle = seal;
  context.stroke();
  context.strokeStyle = line;
  context.lineWidth = RADIUS * 0.12;
  for (const x of [-1, 1]) {
    context.beginPath();
    context.moveTo(x * RADIUS * 1.4, -RADIUS);
    context.lineTo(x * RADIUS * 1.4, RADIUS);
    context.stroke();
  }
}

function drawBody(
  context: CanvasRenderingContext2D,
  body: Body,
  { scene: { people }, me }: Picture,
  palette: Palette,
  scale: number,
): void {
  const [name = "", , colour = 0] = people[body.id] ?? [];
  const fallen = body.away > 0 ? (AWAY_STEPS - body.away) / FALL_STEPS : 0;
  if (fallen >= 1 || body.away > 0 && palette.isCalm) return;
  const own = body.id === me;
  const fill = own ? palette.seal : colourOf(colour, palette.isDark);
  context.save();
  context.translate(body.x, body.y);
  context.globalAlpha = fallen > 0 ? 1 - fallen : body.away < 0 ? 0.55 : 1;
  context.scale(1 - fallen * 0.6, 1 - fallen * 0.6);
  if (body.thrust > 0 && !palette.isCalm) drawSmear(context, body, fill);
  circle(context, 0, 0, RADIUS);
  context.fillStyle = fill;
  context.fill();
  circle(context, 0, 0, RADIUS * 0.8);
  context.lineWidth = RADIUS * 0.07;
  context.strokeStyle = palette.paper;
  context.stroke();
  drawNose(context, body, fill);
  context.fillStyle = palette.paper;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `600 ${RADIUS * 0.9}px ui-serif, serif`;
  context.fillText(initial(name), 0, RADIUS * 0.05);
  if (own) drawCharge(context, body, palette);
  drawName(context, name, own, palette, scale);
  context.restore();
}

/** Where the next push goes. */
function drawNose(context: CanvasRenderingContext2D, { rotation }: Body, fill: string): void {
  context.save();
  context.rotate(rotation * Math.PI / 180);
  context.beginPath();
  context.moveTo(RADIUS * 1.35, 0);
  context.lineTo(RADIUS * 0.95, -RADIUS * 0.3);
  context.lineTo(RADIUS * 0.95, RADIUS * 0.3);
  context.closePath();
  context.fillStyle = fill;
  context.fill();
  context.restore();
}

function drawSmear(context: CanvasRenderingContext2D, { vx, vy, thrust }: Body, fill: string): void {
  const length = Math.hypot(vx, vy);
  if (length === 0) return;
  const alpha = context.globalAlpha;
  context.globalAlpha = alpha * 0.3 * thrust / THRUST_STEPS;
  context.beginPath();
  context.moveTo(0, 0);
  context.lineTo(-vx / length * RADIUS * 3, -vy / length * RADIUS * 3);
  context.lineWidth = RADIUS * 1.5;
  context.lineCap = "round";
  context.strokeStyle = fill;
  context.stroke();
  context.globalAlpha = alpha;
}

/** How far one is from the next push. */
function drawCharge(context: CanvasRenderingContext2D, { cool }: Body, { ink }: Palette): void {
  context.beginPath();
  context.arc(0, 0, RADIUS * 1.18, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * (1 - cool / COOL_STEPS));
  context.lineWidth = RADIUS * 0.1;
  context.strokeStyle = ink;
  context.stroke();
}

function drawName(
  context: CanvasRenderingContext2D,
  name: string,
  own: boolean,
  { ink }: Palette,
  scale: number,
): void {
  // as large on every screen, and never larger than a stamp
  context.font = `${own ? 600 : 400} ${Math.min(12 / scale, RADIUS * 0.9)}px system-ui, sans-serif`;
  context.fillStyle = ink;
  context.fillText(short(name), 0, RADIUS * 1.35 + 6 / scale);
}

function circle(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

function short(name: string): string {
  const letters = graphemesOf(name);
  return letters.length <= 12 ? name : `${letters.slice(0, 11).join("")}…`;
}
