// How arrows move the mark of a place on a map: by keys, and by buttons where fingers
// hide what they point at.
export const arrows: Record<string, [right: number, down: number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
export const arrowStep = 10; // pixels; with Shift five times as many
export const arrowMargin = 40; // pixels from the edge at which the map follows the mark
