// Validation losses by epoch: single trials as lines, all others as bands of quantiles.

import { h } from "../dom.js";
import { number } from "../format.js";
import { colour } from "../theme.js";
import { axis, draw, heights, PALETTE } from "./base.js";

export const stroke = (at) => PALETTE[at % PALETTE.length];

/** `of`: the API's curves; `lit(at or null)` hears which curve is pointed at; `open(trial)` of a click on it. */
export function chart(of, { lit, open, name, signal }) {
  const epochs = [...new Set([...of.curves.flatMap((curve) => curve.epochs), ...of.bands.map((band) => band.epoch)])].sort((a, b) => a - b);
  const at = new Map(epochs.map((epoch, index) => [epoch, index]));
  const column = (pairs) => {
    const values = new Array(epochs.length).fill(null);
    for (const [epoch, loss] of pairs) values[at.get(epoch)] = loss;
    return values;
  };
  const levels = of.levels.map((_, level) => column(of.bands.map((band) => [band.epoch, band.validation_losses[level]])));
  const lines = of.curves.map((curve) => column(curve.epochs.map((epoch, i) => [epoch, curve.validation_losses[i]])));
  const soft = `rgba(${colour("band")}, `;
  const level = (index) => ({
    label: `${100 * of.levels[index]} %`,
    stroke: index === 2 ? `${soft}0.9)` : "transparent",
    dash: index === 2 ? [5, 4] : undefined,
    width: index === 2 ? 1.5 : 0,
    spanGaps: true,
    points: { show: false },
  });
  const first = 1 + levels.length;
  let focused = null;
  const options = {
    scales: { x: { time: false } },
    legend: { show: false },
    focus: { alpha: 0.25 },
    cursor: { focus: { prox: 24 }, points: { size: 6 }, drag: { x: true, y: true, uni: 20 } },
    axes: [axis("epoch"), heights("validation loss (mean distance)")],
    bands: [
      { series: [5, 1], fill: `${soft}0.13)` },
      { series: [4, 2], fill: `${soft}0.20)` },
    ],
    series: [
      {},
      ...levels.map((_, index) => level(index)),
      ...lines.map((line, index) => ({
        label: name(of.curves[index].trial),
        stroke: stroke(index),
        width: index === 0 ? 3 : 1.75,
        spanGaps: true,
        points: { show: line.filter((value) => value !== null).length < 2, size: 6 },
      })),
    ],
    hooks: {
      setSeries: [(plot, index) => {
        focused = index !== null && index >= first ? index - first : null;
        lit(focused);
      }],
    },
  };
  const tip = (plot) => {
    const epoch = plot.data[0][plot.cursor.idx];
    if (epoch === undefined) return null;
    if (focused !== null) {
      const value = plot.data[first + focused][plot.cursor.idx];
      return [h("b", {}, name(of.curves[focused].trial)), h("br"), `epoch ${epoch}: ${number(value)}`];
    }
    const median = levels[2]?.[plot.cursor.idx];
    return median === null || median === undefined ? `epoch ${epoch}` : `epoch ${epoch}, median of the others ${number(median)}`;
  };
  const summary = `Validation loss by epoch of ${of.curves.length} trials, with quantiles of ${of.trials_sampled} others. The table below has the same numbers.`;
  return draw({
    summary,
    height: 380,
    options,
    data: [epochs, ...levels, ...lines],
    tip,
    open: () => focused !== null && open(of.curves[focused].trial),
    signal,
  });
}
