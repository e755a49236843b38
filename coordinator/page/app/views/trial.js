// One trial: what it is, what became of it, and its epochs as charts and as a table.

import { get } from "../api.js";
import { chart as histogram } from "../charts/histogram.js";
import { chart as lines } from "../charts/lines.js";
import { h, swap } from "../dom.js";
import { ago, date, duration, fixed, label, number, short } from "../format.js";
import { follow } from "../live.js";
import { badge, card, crumbs, names, sweepCrumbs, table } from "../parts.js";
import { sweepLink } from "../route.js";

/** Epochs in the table; of more, every so many. */
const ROWS = 200;
const PACE = 1500;

export async function show(main, { route, signal }) {
  const [, sweep, , id] = route.path;
  const read = () => get(["sweeps", sweep, "trials", id], {}, signal);
  let drawing = new AbortController();
  signal.addEventListener("abort", () => drawing.abort());
  const redraw = (trial) => {
    drawing.abort();
    drawing = new AbortController();
    document.title = `Trial ${trial.index} · ${sweep} · augur`;
    draw(main, sweep, trial, drawing.signal);
  };
  let trial = await read();
  redraw(trial);
  let looked = Date.now();
  follow(sweep, async () => {
    if (trial.state === "completed" || Date.now() - looked < PACE || main.querySelector(".chart:hover")) return;
    looked = Date.now();
    const now = await read().catch(() => null);
    if (!now || signal.aborted || JSON.stringify(now) === JSON.stringify(trial)) return;
    trial = now;
    redraw(trial);
  }, signal);
}

function draw(main, sweep, trial, signal) {
  const measured = trial.measurements;
  swap(
    main,
    crumbs(...sweepCrumbs(sweep), h("a", { href: sweepLink(sweep, "trials") }, "Trials"), String(trial.index)),
    h("div", { class: "title" },
      h("h1", {}, `Trial ${trial.index}`),
      badge(trial.state),
      h("p", { class: "facts" },
        h("span", {}, "task ", h("b", {}, trial.task)), h("span", {}, "family ", h("b", {}, trial.family)),
        h("span", {}, "seed ", h("b", {}, trial.seed)), h("span", {}, "variant ", h("b", {}, trial.variant)),
        h("span", { title: trial.id }, h("code", {}, short(trial.id))))),
    trial.cause ? h("p", { class: "notice bad" }, h("b", {}, `The last attempt failed (${trial.cause.kind}): `), trial.cause.detail) : null,
    h("div", { class: "grid2" }, card("Hyperparameters", null, hyperparameters(trial)), card("Facts", null, facts(sweep, trial))),
    measured.length ? h("div", { class: "grid2" }, charts(trial, signal)) : h("p", { class: "card empty" }, "No epoch has been measured yet."),
    measured.length ? h("details", {}, h("summary", {}, "Epochs as a table"), epochTable(measured)) : null,
  );
}

function hyperparameters(trial) {
  const all = names([trial.initial, trial.tuned]);
  const columns = [{ text: "Name", head: true }, { text: "Began at", number: true }, { text: "Tuned to", number: true }];
  const last = trial.measurements.at(-1)?.hyperparameters ?? {};
  const tuned = (name) => (name in trial.tuned ? number(trial.tuned[name]) : h("span", { class: "dim" }, name in last ? `${number(last[name])} so far` : "–"));
  return table("Hyperparameters", columns, all.map((name) => [label(name), number(trial.initial[name]), tuned(name)]), { empty: "It has none." });
}

function facts(sweep, trial) {
  const of = trial.validation ?? {};
  const pairs = [
    ["Validation loss", trial.validation_loss === null ? null : fixed(trial.validation_loss, 5)],
    ["Mean distance", number(of.mean_distance)],
    ["Explained share", number(of.explained)],
    ["Share of anomalies, as estimated", number(of.anomaly_share)],
    ["Whitened cosine", number(of.whitened_cosine)],
    ["Distance of augmented images", number(trial.diagnostics?.augmentation_distance)],
    ["Took", trial.seconds === null ? null : duration(trial.seconds)],
    ["Computed by", trial.reused_from ? h("a", { href: sweepLink(trial.reused_from) }, `sweep ${trial.reused_from}`) : null],
    ["Stopped early at epoch", trial.stopped_epoch],
    ["Attempts", trial.attempts],
    ["Worker", trial.worker ? h("code", {}, short(trial.worker.slice(-8))) : null],
    ["Changed", h("time", { title: date(trial.updated) }, ago(trial.updated))],
  ];
  const there = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "–");
  return h("div", { class: "body" }, h("dl", { class: "pairs" }, there.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
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
