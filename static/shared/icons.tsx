/** Line icons on a 20 × 20 grid, in the colour of the text. Decoration only: what they mean is said in words. */
const PATHS = {
  menu: "M3 6h14M3 10h14M3 14h14",
  close: "M5 5l10 10M15 5L5 15",
  down: "M10 4v11M5.5 10.5L10 15l4.5-4.5",
  reply: "M8 5L3.5 9.5 8 14M3.5 9.5H11q5.5 0 5.5 6",
  send: "M3.5 10h12.5M10.5 4.5L16 10l-5.5 5.5",
  link: "M8.5 11.5l3-3M9 6l1.5-1.5a3.5 3.5 0 0 1 5 5L14 11M11 14l-1.5 1.5a3.5 3.5 0 0 1-5-5L6 9",
  people:
    "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2 16.5c0-3 2.5-4.5 5.5-4.5s5.5 1.5 5.5 4.5M13 3.800a3 3 0 0 1 0 5.5M15 12.300c2 .6 3 2 3 4.200",
  pending: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6v4l2.5 2",
  sent: "M4 10.5l4 4 8-9",
  read: "M1.5 10.5l4 4 8-9M9.5 13.5l1 1 8-9",
  failed: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6.5v4.5M10 13.300v.4",
  edit: "M4 16l.8-3.5L13 4.300l2.700 2.700-8.200 8.200L4 16Z",
} as const;

export type IconName = keyof typeof PATHS;

/** One icon, hidden from assistive technology. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 20 20"
      width="18"
      height="18"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
