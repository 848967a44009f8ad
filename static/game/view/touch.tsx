import { useSignal } from "@preact/signals";
import type { TargetedPointerEvent } from "preact";
import type { Controls } from "../model/controls.ts";
import { say } from "../words.ts";

/** A stick for one thumb and a button for the other. */
export function Touch({ controls }: { readonly controls: Controls }) {
  return (
    <div class="touch" data-testid="touch">
      <Stick controls={controls} />
      <PushButton controls={controls} />
    </div>
  );
}

/** The stick is for thumbs alone: who cannot see it has the keys. */
function Stick({ controls }: { readonly controls: Controls }) {
  const place = useSignal({ x: 0, y: 0 });
  const move = (event: TargetedPointerEvent<HTMLDivElement>) => {
    const { currentTarget: stick, pointerId, clientX, clientY } = event;
    if (!stick.hasPointerCapture(pointerId)) return;
    const { left, top, width, height } = stick.getBoundingClientRect();
    const x = 2 * (clientX - left) / width - 1;
    const y = 2 * (clientY - top) / height - 1;
    const length = Math.max(1, Math.hypot(x, y));
    controls.stick = place.value = { x: x / length, y: y / length };
  };
  const release = () => controls.stick = place.value = { x: 0, y: 0 };
  return (
    <div
      class="stick"
      data-testid="stick"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        move(event);
      }}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={release}
    >
      <svg viewBox="-60 -60 120 120">
        <circle class="stick-ground" r="58" />
        <circle class="stick-knob" r="24" cx={place.value.x * 34} cy={place.value.y * 34} />
      </svg>
    </div>
  );
}

function PushButton({ controls }: { readonly controls: Controls }) {
  const release = () => controls.button = false;
  return (
    <button
      type="button"
      class="push"
      data-testid="push"
      onPointerDown={() => controls.button = true}
      onPointerUp={release}
      onPointerCancel={release}
      onPointerLeave={release}
    >
      {say().push}
    </button>
  );
}
