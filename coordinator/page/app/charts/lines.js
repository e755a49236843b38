// Lines over epochs: what one trial measured.

import { h } from "../dom.js";
import { number } from "../format.js";
import { axis, draw, heights, legend, PALETTE } from "./base.js";

/** `series`: [{name, values, dash}] over `epochs`; `log`: a logarithmic height, where every value is positive. */
export function chart({ epochs, series, label, summary, height = 230, log = false, signal }) {
  const positive = series.every(({ values }) => values.every((value) => value === null || value > 0));
  const options = {
    scales: { x: { time: false }, y: log && positive ? { distr: 3 } : { range: { min: { pad: 0.1 }, max: { pad: 0.1 } } } },
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { x: true, y: false } },
    axes: [axis("epoch"), heights(label)],
    series: [
      {},
      ...series.map(({ name, values, dash, at = null }, index) => ({
        label: name,
        stroke: PALETTE[at ?? index],
        width: 1.75,
        dash,
        spanGaps: true,
        points: { show: values.filter((value) => value !== null).length < 3, size: 6 },
      })),
    ],
  };
  const tip = (plot) => {
    const at = plot.cursor.idx;
    if (at === null || at === undefined) return null;
    const value = ({ name, values }) => [h("br"), `${name} `, h("b", {}, number(values[at]))];
    return [`epoch ${epochs[at]}`, ...series.flatMap(value)];
  };
  const { box } = draw({ summary, height, options, data: [epochs, ...series.map(({ values }) => values)], tip, signal });
  return series.length > 1 ? h("div", {}, box, legend(series.map(({ name, at = null }, index) => [name, PALETTE[at ?? index]]))) : box;
}
