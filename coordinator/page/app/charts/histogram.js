// How many values lie where.

import { h } from "../dom.js";
import { count, number, ticks } from "../format.js";
import { axis, draw, heights, PALETTE } from "./base.js";

const BINS = 40;

export function chart({ values, label, summary, height = 230, signal }) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const width = (high - low) / BINS || 1;
  const bins = new Array(BINS).fill(0);
  for (const value of values) bins[Math.min(BINS - 1, Math.floor((value - low) / width))] += 1;
  const middles = bins.map((_, at) => low + (at + 0.5) * width);
  const options = {
    scales: { x: { time: false }, y: { range: (plot, least, most) => [0, Math.max(1, most * 1.08)] } },
    legend: { show: false },
    cursor: { points: { show: false }, drag: { x: false, y: false } },
    axes: [axis(label, { values: (plot, values, _axis, _space, step) => ticks(values, step) }), heights("images")],
    series: [{}, {
      label: "images",
      stroke: PALETTE[0],
      fill: `${PALETTE[0]}99`,
      width: 1,
      paths: window.uPlot.paths.bars({ size: [0.95, 100] }),
      points: { show: false },
    }],
  };
  const tip = (plot) => {
    const at = plot.cursor.idx;
    if (at === null || at === undefined) return null;
    return [h("b", {}, count(bins[at])), ` from ${number(low + at * width, 3)} to ${number(low + (at + 1) * width, 3)}`];
  };
  return draw({ summary, height, options, data: [middles, bins], tip, signal }).box;
}
