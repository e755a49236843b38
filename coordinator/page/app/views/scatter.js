// Tuned hyperparameters against the validation loss: one chart for each of a family's.

import { get } from "../api.js";
import { legend, PALETTE } from "../charts/base.js";
import { chart } from "../charts/scatter.js";
import { h, swap } from "../dom.js";
import { count, fixed, label, number } from "../format.js";
import { paced } from "../live.js";
import { card, choice, names, table, trialName } from "../parts.js";
import { filter, trialLink } from "../route.js";

/** Rows of the table; the list of trials has all. */
const ROWS = 25;
const PACE = 4000;

export async function show(view, { sweep, route, signal }) {
  const { tasks, variants, families, seeds } = sweep.names;
  const of = (name) => route.query.get(name) ?? "";
  const chosen = { task: of("task") || tasks[0], family: of("family") || families[0], variant: of("variant"), seed: of("seed") };
  const axes = of("at") || "tuned";
  const read = () => get(["sweeps", sweep.name, "scatter"], { filter: filter(chosen) }, signal);
  const body = h("div", { class: "view" });
  let drawing = new AbortController();
  signal.addEventListener("abort", () => drawing.abort());
  const redraw = (list) => {
    drawing.abort();
    drawing = new AbortController();
    draw(body, sweep, list, axes, drawing.signal);
  };
  redraw(await read());
  view.replaceChildren(
    h("div", { class: "tools" },
      choice("task", "Task", tasks, chosen.task),
      choice("family", "Family", families, chosen.family),
      variants.length > 1 ? choice("variant", "Variant", variants, chosen.variant, "all variants") : null,
      seeds.length > 1 ? choice("seed", "Seed", seeds, chosen.seed, "all seeds") : null,
      choice("at", "Hyperparameters", ["tuned", "initial"], axes)),
    body,
  );
  const look = paced(async () => {
    // Nothing is drawn anew under somebody's pointer.
    if (body.querySelector(".chart:hover")) return void look();
    redraw(await read());
  }, PACE, signal);
  return (news) => news.groups_changed && look();
}

function draw(body, sweep, list, axes, signal) {
  const points = list.points;
  // Variants are what is compared; where there is one only, seeds.
  const by = new Set(points.map((point) => point.variant)).size > 1 ? "variant" : "seed";
  const groups = [...new Set(points.map((point) => point[by]))];
  const hyperparameters = names(points.map((point) => point[axes]));
  const open = ({ trial }) => {
    location.hash = trialLink(sweep.name, trial);
  };
  const one = (name) => {
    const there = points
      .filter((point) => Number.isFinite(point[axes][name]))
      .map((point) => ({ x: point[axes][name], y: point.validation_loss, group: point[by], trial: point.trial, text: `${point.variant} · seed ${point.seed}` }));
    const summary = `${label(name)} against the validation loss of ${there.length} trials. The table below has the best ones.`;
    return card(label(name), null, h("div", { class: "body" }, chart({ points: there, groups, label: label(name), summary, open, signal }).box));
  };
  const thinned = points.length < list.trials_total ? ` The best ones and others spread over the plan, of ${count(list.trials_total)}.` : "";
  const best = [...points].sort((a, b) => a.validation_loss - b.validation_loss).slice(0, ROWS);
  const columns = [{ text: "Trial", head: true }, { text: "Variant" }, { text: "Seed", number: true },
    ...hyperparameters.map((name) => ({ text: label(name), number: true })), { text: "Validation loss", number: true }];
  const row = (point) => [
    trialName(sweep.name, point), point.variant, point.seed,
    ...hyperparameters.map((name) => number(point[axes][name])), fixed(point.validation_loss, 4),
  ];
  swap(
    body,
    h("div", {}, h("p", { class: "dim" }, `${count(points.length)} completed trials${groups.length > 1 ? `, coloured by ${by}` : ""}; a click opens one.${thinned}`),
      groups.length > 1 ? legend(groups.map((group, at) => [`${by} ${group}`, PALETTE[at % PALETTE.length]])) : null),
    hyperparameters.length
      ? h("div", { class: "grid2" }, hyperparameters.map(one))
      : h("p", { class: "card empty" }, points.length ? "This family has no hyperparameters." : "No trial of this family has completed yet."),
    card("The best of them", null, table("The best trials", columns, best.map(row))),
  );
}
