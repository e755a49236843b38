// uPlot with the page's colours, a size that follows its place, and a text beside the pointer.

import { h } from "../dom.js";
import { ticks } from "../format.js";
import { colour } from "../theme.js";

/** Told apart by people who don't see all colours (Okabe and Ito, with the lightest left out), on light and dark. */
export const PALETTE = ["#3b82f6", "#e08a00", "#10a37f", "#d55e9b", "#8b6be8", "#c2571a", "#2aa8c4", "#8a8f1f", "#e0554f", "#5c7fa8", "#b07cc6", "#4e9a51"];

const FONT = '11px system-ui, "DejaVu Sans", sans-serif';

/** An axis with a name. */
export function axis(label, more = {}) {
  return {
    label,
    size: 30,
    labelGap: 0,
    stroke: colour("chart-axis"),
    font: FONT,
    labelFont: FONT,
    labelSize: 16,
    grid: { stroke: colour("chart-grid"), width: 1 },
    ticks: { stroke: colour("chart-grid"), width: 1, size: 5 },
    ...more,
  };
}

/** The vertical axis: as wide as its numbers. */
export function heights(label, more = {}) {
  const size = (plot, values) => 12 + Math.max(20, ...(values ?? []).map((text) => 6.5 * (text?.length ?? 0)));
  return axis(label, { size, values: (plot, values, _axis, _space, step) => ticks(values, step), ...more });
}

/**
 * Draws a chart into a new element. `summary` is what it shows, in words; `tip(plot)` gives the text beside the pointer or
 * null; `open(plot)` is called on a click.
 */
export function draw({ summary, height = 300, options, data, tip = null, open = null, signal }) {
  // As high as it will be from the beginning: what is read beneath a chart that is drawn anew stays in its place.
  const box = h("div", { class: "chart", role: "img", "aria-label": summary, style: { minHeight: `${height}px` } });
  const hint = h("div", { class: "tip", hidden: true });
  let plot = null;
  const point = (u) => {
    const content = u.cursor.left >= 0 && tip ? tip(u) : null;
    hint.hidden = !content;
    if (!content) return;
    hint.replaceChildren(...[content].flat());
    const left = u.cursor.left + u.over.offsetLeft;
    const right = left > box.clientWidth / 2;
    Object.assign(hint.style, {
      top: `${Math.max(0, u.cursor.top + u.over.offsetTop - 14)}px`,
      left: right ? "auto" : `${left + 14}px`,
      right: right ? `${box.clientWidth - left + 14}px` : "auto",
    });
  };
  const begin = (width) => {
    plot = new window.uPlot({
      width,
      height,
      ...options,
      hooks: { ...options.hooks, setCursor: [...(options.hooks?.setCursor ?? []), point] },
    }, data, box);
    box.append(hint);
    if (open) plot.over.addEventListener("click", () => open(plot));
  };
  const fit = () => {
    const width = Math.floor(box.clientWidth);
    if (width < 60 || signal.aborted) return;
    if (!plot) begin(width);
    else if (plot.width !== width) plot.setSize({ width, height });
  };
  // In the next frame: a size that is changed while sizes are looked at would be looked at again.
  const sizes = new ResizeObserver(() => requestAnimationFrame(fit));
  sizes.observe(box);
  const end = () => {
    sizes.disconnect();
    plot?.destroy();
    plot = null;
  };
  signal.addEventListener("abort", end);
  return { box, end, plot: () => plot };
}

/** The colours of a chart in words. */
export function legend(entries) {
  return h("ul", { class: "legend" }, entries.map(([text, stroke]) => h("li", {}, h("span", { class: "stroke", style: { background: stroke } }), text)));
}
