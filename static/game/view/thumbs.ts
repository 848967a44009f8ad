import { computed, signal } from "@preact/signals";
import { matches } from "../../shared/media.ts";

const isCoarse = matches("(pointer: coarse)");
const touched = signal(false);
addEventListener("pointerdown", ({ pointerType }) => touched.value ||= pointerType === "touch");

/** Whether the page is held in hands: by what the device says of itself, or by a first touch. */
export const hasThumbs = computed(() => isCoarse.value || touched.value);
