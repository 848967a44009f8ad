import { useId } from "preact/hooks";
import { locale } from "../../shared/language.ts";
import type { Rows } from "../model/history.ts";
import { formatValue, type Unit } from "../model/panels.ts";
import { say } from "../words.ts";
import { Chart } from "./chart.tsx";

export interface PanelProps {
  readonly title: string;
  readonly unit: Unit;
  readonly rows: Rows;
  /** what is drawn, in this order; at most so many as there are colours are told apart */
  readonly series: readonly { readonly name: string; readonly label: string }[];
}

/** A few numbers of one kind: what they are now in words, how they came there as a chart. */
export function Panel({ title, unit, rows, series }: PanelProps) {
  const id = useId();
  const write = (value: number) => formatValue(value, unit, locale.value);
  return (
    <section class="sheet panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <dl class="panel-values">
        {series.map(({ name, label }, n) => {
          const value = rows.values.get(name)?.at(-1) ?? undefined;
          return (
            <div key={name} class={`line-${n % 4}`}>
              <dt>{label}</dt>
              <dd data-testid="value" data-name={name} data-value={value}>
                {value === undefined ? say().none : write(value)}
              </dd>
            </div>
          );
        })}
      </dl>
      <Chart times={rows.times} lines={series.map(({ name }) => rows.values.get(name) ?? [])} write={write} />
    </section>
  );
}
