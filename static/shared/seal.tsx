import { initial } from "./graphemes.ts";

/** The mark of Denbun: 電 ("electric", the first half of 電文, "telegram") cut into a seal. As in favicon.svg. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 64 64" aria-hidden="true">
      <path
        class="ground"
        d="M8 2.5 56.5 2q5 0 5.2 5L62 57q-.2 4.6-5 5L7 62q-4.8-.2-5-5L2 7.5Q2.5 2.7 8 2.5"
      />
      <path
        class="glyph"
        d="M15 11.5H49M11 26V18.5H53V26M32 11.5V32M18.5 24.5H26M18.5 30.5H26M38 24.5H45.5M38 30.5H45.5M17 37H47V50.5H17ZM17 43.7H47M32 37V53Q32 56.5 35.5 56.5H52.5V51.5"
      />
    </svg>
  );
}

/** The mark and the name, as they stand on every page. */
export function Brand() {
  return (
    <span class="brand">
      <Mark />
      <span>Denbun</span>
    </span>
  );
}

/** A person's seal: the first character of the name. */
export function Seal({ name, own = false }: { name: string; own?: boolean }) {
  return <span class={own ? "seal own" : "seal"} aria-hidden="true">{initial(name)}</span>;
}
