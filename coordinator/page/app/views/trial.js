// One trial: what it is, what became of it, its log, and its epochs.

import { get } from "../api.js";
import { h, swap } from "../dom.js";
import { ago, date, duration, fixed, label, number, short } from "../format.js";
import { follow, paced } from "../live.js";
import { badge, card, crumbs, names, sweepCrumbs, table } from "../parts.js";
import { logLink, sweepLink } from "../route.js";
import * as epochs from "./epochs.js";
import { Log } from "./log.js";

/** The shortest time between two looks. */
const PACE = 1500;

export async function show(main, { route, signal }) {
  const [, sweep, , id, part] = route.path;
  const read = () => get(["sweeps", sweep, "trials", id], {}, signal);
  const log = new Log(sweep, id, route.query.get("attempt"), signal);
  let [trial] = await Promise.all([read(), log.look()]);
  const [head, body] = [h("div", { class: "view" }), h("div", { class: "view" })];
  const drawHead = () => draw(head, sweep, trial);
  const drawEpochs = drawer(body, () => trial, signal);
  const redraw = () => {
    drawHead();
    log.update(trial);
    drawEpochs();
    if (trial.worker && !hosts.has(trial.worker)) findHost(trial.worker, signal).then(drawHead, () => {});
  };
  redraw();
  document.title = `${part === "log" ? "Log of trial" : "Trial"} ${trial.index} · ${sweep} · augur`;
  swap(main, head, log.element, body);
  const look = paced(async () => {
    const now = await read();
    if (JSON.stringify(now) === JSON.stringify(trial)) return;
    trial = now;
    redraw();
  }, PACE, signal);
  follow(sweep, () => trial.state !== "completed" && look(), signal);
  return part === "log" ? log.element : null;
}

/** Draws the epochs, but none under somebody's pointer: those come once it has left. */
function drawer(body, trial, signal) {
  let drawing = new AbortController();
  signal.addEventListener("abort", () => drawing.abort());
  const redraw = () => {
    if (body.querySelector(".chart:hover")) return void again();
    drawing.abort();
    drawing = new AbortController();
    epochs.draw(body, trial(), drawing.signal);
  };
  const again = paced(async () => redraw(), PACE, signal);
  return redraw;
}

/** Hosts of workers by their identifiers; empty of those that are not known. */
const hosts = new Map();

async function findHost(worker, signal) {
  for (let page_token; !hosts.has(worker); ) {
    const list = await get(["workers"], { page_size: 1000, page_token }, signal);
    for (const { id, host } of list.items) hosts.set(id, host);
    page_token = list.next_page_token;
    if (!page_token && !hosts.has(worker)) hosts.set(worker, "");
  }
}

function draw(head, sweep, trial) {
  swap(
    head,
    crumbs(...sweepCrumbs(sweep), h("a", { href: sweepLink(sweep, "trials") }, "Trials"), String(trial.index)),
    h("div", { class: "title" },
      h("h1", {}, `Trial ${trial.index}`),
      badge(trial.state),
      h("p", { class: "facts" },
        h("span", {}, "task ", h("b", {}, trial.task)), h("span", {}, "family ", h("b", {}, trial.family)),
        h("span", {}, "seed ", h("b", {}, trial.seed)), h("span", {}, "variant ", h("b", {}, trial.variant)),
        h("span", { title: trial.id }, h("code", {}, short(trial.id))),
        h("a", { href: logLink(sweep, trial.id), "data-key": "log" }, "Log"))),
    trial.cause ? failure(trial) : null,
    h("div", { class: "grid2" }, card("Hyperparameters", null, hyperparameters(trial)), card("Facts", null, facts(sweep, trial))),
  );
}

function failure({ state, cause }) {
  const hasFailed = state === "failed";
  const said = hasFailed ? "The last attempt failed" : "An attempt ended without a result";
  return h("p", { class: hasFailed ? "notice bad" : "notice" }, h("b", {}, `${said} (${cause.kind}): `), cause.detail);
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
    ["Epochs measured", trial.measurements.at(-1)?.epoch],
    ["Took", trial.seconds === null ? null : duration(trial.seconds)],
    ["Computed by", trial.reused_from ? h("a", { href: sweepLink(trial.reused_from) }, `sweep ${trial.reused_from}`) : null],
    ["Stopped early at epoch", trial.stopped_epoch],
    ["Attempts", trial.attempts],
    [trial.state === "running" ? "Runs on" : "Ran on", trial.worker ? place(trial.worker) : null],
    ["Changed", h("time", { title: date(trial.updated) }, ago(trial.updated))],
  ];
  const there = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "–");
  return h("div", { class: "body" }, h("dl", { class: "pairs" }, there.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

/** A worker's host, and the end of its identifier, as the list of workers has it. */
function place(worker) {
  return h("span", {}, hosts.get(worker) || null, " ", h("code", { title: worker }, short(worker.slice(-8))));
}
