// A task's trials as validation losses by epoch: the best ones in full, all others as quantiles.

import { get } from "../api.js";
import { chart, stroke } from "../charts/curves.js";
import { h, swap } from "../dom.js";
import { count, fixed, number } from "../format.js";
import { paced } from "../live.js";
import { badge, card, choice, table, trialName, values } from "../parts.js";
import { filter, trialLink } from "../route.js";
import { legend } from "../charts/base.js";
import { colour } from "../theme.js";

/** The shortest time between two looks. */
const PACE = 2500;

/** Of more trials the API takes some, to draw the bands from. */
const WHOLE = 1000;

export async function show(view, { sweep, route, signal }) {
  const { tasks, variants, families, seeds } = sweep.names;
  const of = (name) => route.query.get(name) ?? "";
  const chosen = { task: of("task") || tasks[0], variant: of("variant"), family: of("family"), seed: of("seed") };
  const best = of("best") || "12";
  const read = () => get(["sweeps", sweep.name, "curves"], { filter: filter(chosen), best }, signal);
  const body = h("div", { class: "view" });
  let drawing = new AbortController();
  signal.addEventListener("abort", () => drawing.abort());
  const redraw = (list) => {
    drawing.abort();
    drawing = new AbortController();
    draw(body, sweep, chosen, list, drawing.signal);
  };
  redraw(await read());
  view.replaceChildren(
    h("div", { class: "tools" },
      choice("task", "Task", tasks, chosen.task),
      variants.length > 1 ? choice("variant", "Variant", variants, chosen.variant, "all variants") : null,
      families.length > 1 ? choice("family", "Family", families, chosen.family, "all families") : null,
      seeds.length > 1 ? choice("seed", "Seed", seeds, chosen.seed, "all seeds") : null,
      choice("best", "In full", ["6", "12", "24", "48"], best)),
    body,
  );
  const look = paced(async () => {
    // Nothing is drawn anew under somebody's pointer.
    if (body.querySelector(".chart:hover")) return void look();
    redraw(await read());
  }, PACE, signal);
  return (news) => (news.trials_changed > 0 || news.sweep.progress.trials_running > 0) && look();
}

const title = (trial) => `trial ${trial.index} · ${trial.family} · seed ${trial.seed}`;

function draw(body, sweep, chosen, list, signal) {
  list.curves = list.curves.filter((curve) => curve.trial);
  const begun = list.curves.filter((curve) => curve.epochs.length > 0);
  const rows = h("div");
  const lit = (at) => {
    for (const [index, row] of rows.querySelectorAll("tbody tr").entries()) row.classList.toggle("is-lit", index === at);
  };
  const open = (trial) => {
    location.hash = trialLink(sweep.name, trial.id);
  };
  const others = list.trials_sampled;
  const thinned = list.trials_total > WHOLE ? ` of ${count(list.trials_total)}, spread over the plan` : "";
  const shown = begun.length || list.bands.length
    ? chart({ ...list, curves: begun }, { lit, open, name: title, signal }).box
    : h("p", { class: "empty" }, "No epoch has been measured yet.");
  const note = others
    ? `The best trials so far in full, the leading one bold; bands hold 50 % and 90 % of ${count(others)} others${thinned}, the dashed line is their median.`
    : "All trials in full, the leading one bold.";
  swap(
    body,
    card(chosen.task, note, h("div", { class: "body" }, shown, others ? legend([["25 – 75 % and 5 – 95 % of the others", `rgba(${colour("band")}, 0.4)`]]) : null)),
    card("In full", "The validation loss of the curves is the mean distance at each epoch; trials are ranked by the criterion at their end.", rows),
    others ? h("details", {}, h("summary", {}, "Quantiles of the others as a table"), quantiles(list)) : null,
  );
  swap(rows, table("Trials in full", COLUMNS, begun.map((curve, at) => row(sweep, curve, at))));
}

const COLUMNS = [
  { text: "Trial", head: true },
  { text: "State" },
  { text: "Seed", number: true },
  { text: "Variant" },
  { text: "Began at" },
  { text: "Tuned to" },
  { text: "First epoch", number: true },
  { text: "Lowest", number: true },
  { text: "Last epoch", number: true },
  { text: "Criterion", number: true },
];

function row(sweep, { trial, epochs, validation_losses: losses }, at) {
  const lowest = losses.reduce((least, loss) => (loss !== null && loss < least ? loss : least), Infinity);
  return [
    h("span", {}, h("span", { class: "swatch", style: { background: stroke(at), display: "inline-block", marginRight: "8px" } }), trialName(sweep.name, trial, `${trial.index} ${trial.family}`)),
    badge(trial.state),
    trial.seed,
    trial.variant,
    values(trial.initial),
    values(trial.tuned),
    number(losses[0]),
    number(lowest),
    `${number(losses.at(-1))} (${epochs.at(-1)})`,
    fixed(trial.validation_loss, 4),
  ];
}

function quantiles(list) {
  const columns = [
    { text: "Epoch", number: true, head: true },
    { text: "Trials", number: true },
    ...list.levels.map((level) => ({ text: `${100 * level} %`, number: true })),
  ];
  const rows = list.bands.map((band) => [band.epoch, band.trials, ...band.validation_losses.map((loss) => number(loss))]);
  return h("section", { class: "card", "aria-label": "Quantiles" }, table("Quantiles of the validation loss", columns, rows, { empty: "There are no others." }));
}
