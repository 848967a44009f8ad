import { locale } from "../../shared/language.ts";
import type { Play } from "../model/play.ts";
import { say } from "../words.ts";
import { colourOf } from "./colours.ts";

/** As they are called everywhere. */
const TRANSPORTS = { ws: "WebSocket", sse: "SSE", longpoll: "long polling", poll: "polling" } as const;

/** Who plays, the best first. */
export function Ranking({ play, me }: { readonly play: Play; readonly me: string | undefined }) {
  const words = say();
  return (
    <section class="sheet ranking" aria-labelledby="players">
      <h2 id="players">{words.players}</h2>
      <ol data-testid="ranking">
        {play.ranked.value.map(({ id, name, score, colour, x, y, isOut }) => (
          <li key={id} data-id={id} data-x={x} data-y={y} data-me={id === me ? "" : undefined}>
            <svg viewBox="0 0 10 10" aria-hidden="true">
              <circle
                class={id === me ? "chip own" : "chip"}
                cx="5"
                cy="5"
                r="4"
                fill={colourOf(colour, false)}
              />
              <circle class="chip on-dark" cx="5" cy="5" r="4" fill={colourOf(colour, true)} />
            </svg>
            <span class="ranking-name">{name}</span>
            {id === me && <span class="soft small-text">{words.you}</span>}
            {isOut && <span class="soft small-text">{words.out}</span>}
            <span class="ranking-score">{score}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What it costs, and how quick it is. */
export function GaugeList({ play }: { readonly play: Play }) {
  const words = say();
  const { downPerSecond, upPerSecond, statesPerSecond, jitterMs, pingMs } = play.gauges.value;
  const number = (value: number, digits: number) =>
    value.toLocaleString(locale.value, { maximumFractionDigits: digits, minimumFractionDigits: digits });
  const { state } = play.connection.value;
  // only frames of a socket are counted
  const kilobytes = (bytes: number) => bytes === 0 ? "–" : words.perSecond(number(bytes / 1000, 1));
  const rows: readonly (readonly [id: string, name: string, value: string])[] = [
    ["transport", words.transport, state.status === "online" ? TRANSPORTS[state.transport] : "–"],
    ["down", words.down, kilobytes(downPerSecond)],
    ["up", words.up, kilobytes(upPerSecond)],
    ["states", words.states, words.hertz(number(statesPerSecond, 0))],
    ["ping", words.ping, pingMs === undefined ? "–" : words.ms(number(pingMs, 0))],
    ["jitter", words.jitter, words.ms(number(jitterMs, 1))],
    ["term", words.term, String(play.term.value)],
  ];
  return (
    <section class="sheet gauges" aria-labelledby="gauges">
      <h2 id="gauges">{words.gauges}</h2>
      <dl>
        {rows.map(([id, name, value]) => (
          <div key={id}>
            <dt>{name}</dt>
            <dd data-testid={`gauge-${id}`}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
