import { useId } from "preact/hooks";
import { locale } from "../../shared/language.ts";
import { CHOICES, type Comparison, type Setting } from "../model/comparison.ts";
import { say } from "../words.ts";

/** The sliders, and the cut. */
export function Controls({ comparison }: { comparison: Comparison }) {
  const words = say();
  const { cutLeftMs } = comparison;
  const left = String(Math.ceil(cutLeftMs.value / 1000));
  return (
    <section class="sheet compare-controls" aria-label={words.settings}>
      <Slider
        comparison={comparison}
        setting="perSecond"
        label={words.perSecond}
        write={words.perSecondValue}
      />
      <Slider
        comparison={comparison}
        setting="pollEveryMs"
        label={words.pollEveryMs}
        write={words.pollEveryMsValue}
        scale={1000}
      />
      <Slider comparison={comparison} setting="bytes" label={words.bytes} write={words.bytesValue} />
      <button
        type="button"
        class="button"
        data-testid="cut"
        disabled={cutLeftMs.value > 0}
        onClick={() => comparison.cut()}
      >
        {cutLeftMs.value > 0 ? words.cutting(left) : words.cut}
      </button>
    </section>
  );
}

interface SliderProps {
  readonly comparison: Comparison;
  readonly setting: Setting;
  readonly label: string;
  readonly write: (value: string) => string;
  /** what the value is divided by to be written */
  readonly scale?: number;
}

function Slider({ comparison, setting, label, write, scale = 1 }: SliderProps) {
  const id = useId();
  const choices: readonly number[] = CHOICES[setting];
  const value = comparison.settings[setting].value;
  const written = write(new Intl.NumberFormat(locale.value).format(value / scale));
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <output for={id}>{written}</output>
      <input
        id={id}
        type="range"
        data-testid={setting}
        min={0}
        max={choices.length - 1}
        step={1}
        value={choices.indexOf(value)}
        aria-valuetext={written}
        onInput={({ currentTarget }) => comparison.set(setting, choices[currentTarget.valueAsNumber]!)}
      />
    </div>
  );
}
