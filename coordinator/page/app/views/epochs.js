// The epochs of a trial, as charts and as a table.

import { chart as histogram } from "../charts/histogram.js";
import { chart as lines } from "../charts/lines.js";
import { h, swap } from "../dom.js";
import { fixed, label, number } from "../format.js";
import { card, names, table } from "../parts.js";

/** Epochs in the table; of more, every so many. */
const ROWS = 200;

/** Draws what a trial measured; what was drawn before has been ended by its own `signal`. */
export function draw(body, trial, signal) {
  const measured = trial.measurements;
  const open = body.querySelector("details")?.open;
  swap(
    body,
    measured.length ? h("div", { class: "grid2" }, charts(trial, signal)) : h("p", { class: "card empty" }, "No epoch has been measured yet."),
    measured.length ? h("details", { open }, h("summary", {}, "Epochs as a table"), epochTable(measured)) : null,
  );
}

function charts(trial, signal) {
  const measured = trial.measurements;
  const epochs = measured.map((one) => one.epoch);
  const column = (of) => measured.map((one) => of(one) ?? null);
  const has = (values) => values.some((value) => value !== null);
  const of = (title, note, content) => card(title, note, h("div", { class: "body" }, content));
  const range = (values) => `from ${number(values.find((value) => value !== null))} to ${number(values.findLast((value) => value !== null))}`;
  const path = (name) => {
    const values = column((one) => one.hyperparameters[name]);
    return of(label(name), "path of the hyperparameter", lines({ epochs, series: [{ name: label(name), values, at: 1 }], label: label(name), summary: `${label(name)} by epoch, ${range(values)}`, signal }));
  };
  const validation = column((one) => one.validation_loss);
  const training = column((one) => one.training_loss);
  const norm = column((one) => one.hypergradient_norm);
  return [
    has(validation) ? of("Validation loss", "mean distance", lines({ epochs, series: [{ name: "validation loss", values: validation }], label: "validation loss", summary: `Validation loss by epoch, ${range(validation)}`, signal })) : null,
    of("Training loss", "mean over the epoch", lines({ epochs, series: [{ name: "training loss", values: training, at: 2 }], label: "training loss", summary: `Training loss by epoch, ${range(training)}`, signal })),
    ...names(measured.map((one) => one.hyperparameters)).map(path),
    has(norm) ? of("Hypergradient norm", "mean over the epoch; none during warm-up", lines({ epochs, series: [{ name: "hypergradient norm", values: norm, at: 4 }], label: "norm", log: true, summary: `Hypergradient norm by epoch, ${range(norm)}`, signal })) : null,
    trial.scores.length > 1 ? of("Anomaly scores", `of ${trial.scores.length} validation images, without labels`, histogram({ values: trial.scores, label: "anomaly score", summary: `How the anomaly scores of ${trial.scores.length} validation images are spread, from ${number(Math.min(...trial.scores))} to ${number(Math.max(...trial.scores))}`, signal })) : null,
  ];
}

function epochTable(measured) {
  const hyperparameters = names(measured.map((one) => one.hyperparameters));
  const every = Math.ceil(measured.length / ROWS);
  const shown = measured.filter((_, at) => at % every === 0 || at === measured.length - 1);
  const columns = ["Epoch", "Training loss", "Validation loss", ...hyperparameters.map(label), "Hypergradient norm", "Seconds"]
    .map((text, at) => ({ text, number: true, head: at === 0 }));
  const row = (one) => [
    one.epoch, number(one.training_loss), number(one.validation_loss),
    ...hyperparameters.map((name) => number(one.hyperparameters[name])), number(one.hypergradient_norm), fixed(one.seconds, 1),
  ];
  return h("section", { class: "card", "aria-label": "Epochs" }, table("Epochs", columns, shown.map(row)));
}
