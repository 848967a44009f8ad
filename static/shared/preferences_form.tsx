import { useId } from "preact/hooks";
import { type Language, language, LANGUAGES } from "./language.ts";
import { chooseLanguage, chooseTheme } from "./preferences.ts";
import { type Theme, theme, THEMES } from "./theme.ts";
import { sayShared } from "./words.ts";

/** Each language in its own words: whoever looks for it can read it. */
const LANGUAGE_NAMES: Record<Language, string> = { en: "English", ja: "日本語" };

/** The switches for language and colours. */
export function PreferencesForm() {
  const say = sayShared();
  return (
    <div class="preferences">
      <Segments<Language>
        legend={say.language}
        options={LANGUAGES}
        chosen={language.value}
        name={(option) => LANGUAGE_NAMES[option]}
        lang={(option) => option}
        onChoose={chooseLanguage}
      />
      <Segments<Theme>
        legend={say.theme}
        options={THEMES}
        chosen={theme.value}
        name={(option) => say.themes[option]}
        onChoose={chooseTheme}
      />
    </div>
  );
}

interface SegmentsProps<T extends string> {
  readonly legend: string;
  readonly options: readonly T[];
  readonly chosen: T;
  readonly name: (option: T) => string;
  readonly lang?: (option: T) => string;
  readonly onChoose: (option: T) => void;
}

function Segments<T extends string>({ legend, options, chosen, name, lang, onChoose }: SegmentsProps<T>) {
  const group = useId();
  return (
    <fieldset>
      <legend class="unseen">{legend}</legend>
      <div class="segments">
        {options.map((option) => (
          <label key={option} lang={lang?.(option)}>
            <input
              type="radio"
              name={group}
              value={option}
              checked={option === chosen}
              onChange={() => onChoose(option)}
            />
            {name(option)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
