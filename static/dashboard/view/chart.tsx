import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { matches } from "../../shared/media.ts";
import { theme } from "../../shared/theme.ts";

export interface ChartProps {
  /** in s, since 1970 */
  readonly times: readonly number[];
  /** values of each line at these times */
  readonly lines: readonly (readonly (number | null)[])[];
  readonly write: (value: number) => string;
}

const HEIGHT_PX = 140;
/** Every chart shows as much time, so that they can be compared. */
const SPAN_S = 120;

const dark = matches("(prefers-color-scheme: dark)");

/** Lines over time. Decoration for who cannot see it: the panel says the numbers. */
export function Chart({ times, lines, write }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(write);
  latest.current = write;
  // colours are read when it is made: another theme makes another one
  const look = `${theme.value} ${dark.value} ${lines.length}`;
  useEffect(() => {
    const element = place.current!;
    const made = new uPlot(
      optionsFor(element, lines.length, (value) => latest.current(value)),
      dataOf(times, lines),
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [look]);
  useEffect(() => plot.current?.setData(dataOf(times, lines)), [times, look]);
  return <div ref={place} class="chart" aria-hidden="true" />;
}

function dataOf(times: ChartProps["times"], lines: ChartProps["lines"]): uPlot.AlignedData {
  return [[...times], ...lines.map((line) => [...line])];
}

function optionsFor(element: HTMLElement, lines: number, write: (value: number) => string): uPlot.Options {
  const colour = (name: string) => colourOf(element, name);
  const soft = colour("--ink-soft");
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: soft, grid, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    // the last of the times is written about its line
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_plot, _low, high) => [high - SPAN_S, high] },
      y: { range: (_plot, _low, high) => [0, Math.max(high, 1) * 1.1] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        space: 72,
        values: (_plot, at) => at.map((timeS) => new Date(timeS * 1000).toTimeString().slice(0, 8)),
      },
      { ...axis, size: 64, space: 32, incrs: STEPS, values: (_plot, at) => at.map(write) },
    ],
    series: [
      {},
      ...Array.from({ length: lines }, (_, n) => ({
        stroke: colour(COLOURS[n % COLOURS.length]!),
        width: 1.5,
        points: { show: false },
        ...n > 0 && { dash: DASHES[(n - 1) % DASHES.length]! },
      })),
    ],
  };
}

/** Between the lines of the grid: 1, 2, 5, 10, 20 … of whatever is drawn. */
const STEPS = Array.from({ length: 13 }, (_, n) => [1, 2, 5].map((step) => step * 10 ** n)).flat();

/** As in dashboard.css; lines are told apart by their dashes too. */
const COLOURS = ["--seal", "--ink", "--good", "--line-strong"];
const DASHES = [[6, 3], [2, 2], [8, 3, 2, 3]];

/** What a colour of the theme is at this moment. */
function colourOf(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = "";
  return color;
}
