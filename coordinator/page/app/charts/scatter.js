// Points: a hyperparameter against the validation loss, coloured by group.

import { h } from "../dom.js";
import { number, ticks } from "../format.js";
import { axis, draw, heights, PALETTE } from "./base.js";

/** How near, in pixels, the pointer has to be. */
const NEAR = 14;

/** `points`: [{x, y, group, text}]; `groups`: their names, in the order of the colours; `open(point)` of a click. */
export function chart({ points, groups, label, summary, open, height = 280, signal }) {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const column = (group) => sorted.map((point) => (point.group === group ? point.y : null));
  let near = null;
  const find = (plot) => {
    const { left, top } = plot.cursor;
    let [best, least] = [null, NEAR * NEAR];
    for (const point of sorted) {
      const [dx, dy] = [plot.valToPos(point.x, "x") - left, plot.valToPos(point.y, "y") - top];
      if (dx * dx + dy * dy < least) [best, least] = [point, dx * dx + dy * dy];
    }
    return best;
  };
  const opacity = sorted.length > 600 ? "80" : "b8";
  const options = {
    scales: { x: { time: false, range: padded }, y: { range: padded } },
    legend: { show: false },
    cursor: { points: { show: false }, drag: { x: true, y: true, uni: 20 } },
    axes: [axis(label, { values: (plot, values, _axis, _space, step) => ticks(values, step) }), heights("validation loss")],
    series: [
      {},
      ...groups.map((group, at) => ({
        label: group,
        stroke: PALETTE[at % PALETTE.length],
        paths: () => null,
        points: { show: true, size: sorted.length > 600 ? 5 : 7, fill: PALETTE[at % PALETTE.length] + opacity, stroke: PALETTE[at % PALETTE.length], width: 0.5 },
      })),
    ],
  };
  const tip = (plot) => {
    near = find(plot);
    plot.over.style.cursor = near ? "pointer" : "";
    return near && [h("b", {}, near.text), h("br"), `${label} ${number(near.x)}, loss ${number(near.y)}`];
  };
  const data = [sorted.map((point) => point.x), ...groups.map(column)];
  return draw({ summary, height, options, data, tip, open: () => near && open(near), signal });
}

/** A little room on both sides, so that no point lies on the frame. */
function padded(plot, low, high) {
  if (low === null || high === null) return [0, 1];
  const room = 0.05 * (high - low) || 0.05 * Math.abs(high) || 1;
  return [low - room, high + room];
}
