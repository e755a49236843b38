// How a sweep goes: all trials, each task, its leading configuration, and the spec.

import { get } from "../api.js";
import { h, swap } from "../dom.js";
import { count, duration, fixed, number } from "../format.js";
import { isOpen, paced } from "../live.js";
import { bar, card, key, pager, table, tile, trialName, values } from "../parts.js";
import { sweepLink } from "../route.js";

const SIZE = 100;
/** The shortest time between two looks at the tasks. */
const PACE = 1500;

export async function show(view, { sweep, route, signal, pace }) {
  const token = route.query.get("page_token") ?? "";
  const read = () => get(["sweeps", sweep.name, "tasks"], { page_size: SIZE, page_token: token }, signal);
  const [tiles, all, tasks] = [h("dl", { class: "tiles" }), h("div", { class: "body" }), h("div")];
  drawProgress(tiles, all, sweep, pace);
  drawTasks(tasks, sweep, await read(), token);
  view.replaceChildren(
    tiles,
    card("Trials", null, all),
    card("Tasks", "Counts over all seeds and variants; the validation loss is the criterion's value, the lower the better.", tasks),
    h("details", {}, h("summary", {}, "Spec, as it was submitted"),
      h("pre", { class: "spec", tabindex: 0, "aria-label": "Spec" }, sweep.spec_yaml)),
  );
  const look = paced(async () => drawTasks(tasks, sweep, await read(), token), PACE, signal);
  return (news) => {
    drawProgress(tiles, all, sweep, pace);
    if (news.groups_changed || news.trials_changed > 0) look();
  };
}

function drawProgress(tiles, all, sweep, pace) {
  const p = sweep.progress;
  const ended = p.trials_completed + p.trials_stopped;
  const perMinute = isOpen(sweep) ? pace.perMinute() : null;
  swap(
    tiles,
    tile("Trials done", `${count(ended)} / ${count(p.trials_total)}`, share(ended, p.trials_total)),
    tile("Running", count(p.trials_running), `${count(p.workers_connected)} ${p.workers_connected === 1 ? "worker" : "workers"} connected`),
    tile("Waiting", count(p.trials_pending)),
    tile("Failed", count(p.trials_failed), p.trials_failed ? h("a", { href: sweepLink(sweep.name, "trials", { state: "failed" }) }, "which ones") : null),
    isOpen(sweep)
      ? tile("Throughput", perMinute === null ? "…" : number(perMinute, 2), "trials a minute, of late")
      : tile("Groups done", `${count(p.groups_done)} / ${count(p.groups_total)}`),
    isOpen(sweep) ? tile("Time left", left(pace.left(p)), "if it goes on as of late") : null,
    tile("Compute", duration(p.trial_seconds), p.trials_reused ? `${count(p.trials_reused)} trials reused` : "of completed attempts"),
  );
  swap(all, bar(p, true), key(p));
}

const share = (part, all) => `${Math.floor((100 * part) / Math.max(1, all))} % of all`;

function left(range) {
  if (!range) return "…";
  const [least, most] = range.map(Math.round);
  return most - least < 0.2 * most || most < 20 ? `≈ ${coarse(most)}` : `${coarse(least)} – ${coarse(most)}`;
}

/** As exact as a guess deserves. */
const coarse = (seconds) => duration(seconds < 60 ? Math.max(10, Math.ceil(seconds / 10) * 10) : Math.ceil(seconds / 60) * 60);

function drawTasks(body, sweep, list, token) {
  const columns = [
    { text: "Task", head: true },
    { text: "Progress" },
    { text: "Done", number: true },
    { text: "Running", number: true },
    { text: "Waiting", number: true },
    { text: "Failed", number: true },
    { text: "Groups", number: true },
    { text: "Best validation loss", number: true },
    { text: "Leading configuration" },
  ];
  const none = (n) => (n ? count(n) : h("span", { class: "dim" }, "0"));
  const row = (task) => {
    const best = task.best_trial;
    const trials = (state) => sweepLink(sweep.name, "trials", { task: task.task, state });
    return [
      h("a", { href: sweepLink(sweep.name, "curves", { task: task.task }) }, task.task),
      bar(task),
      count(task.trials_completed + task.trials_stopped),
      none(task.trials_running),
      none(task.trials_pending),
      task.trials_failed ? h("a", { href: trials("failed") }, count(task.trials_failed)) : none(0),
      `${count(task.groups_done)} / ${count(task.groups_total)}`,
      best ? fixed(best.validation_loss, 4) : "–",
      best ? h("span", {}, trialName(sweep.name, best), " ", values(best.tuned)) : h("span", { class: "dim" }, "–"),
    ];
  };
  swap(body, table("Tasks", columns, list.items.map(row)), pager(token, list.next_page_token));
}
