// One sweep: what it is and how it goes, and a view of it beneath.

import { get } from "../api.js";
import { h, say, swap } from "../dom.js";
import { ago, count, date, duration, short } from "../format.js";
import { follow, isOpen, Pace } from "../live.js";
import { badge, crumbs } from "../parts.js";
import { sweepLink } from "../route.js";
import * as curves from "./curves.js";
import * as leaderboard from "./leaderboard.js";
import * as overview from "./overview.js";
import * as scatter from "./scatter.js";
import * as trials from "./trials.js";

const VIEWS = {
  overview: ["Overview", overview],
  leaderboard: ["Leaderboard", leaderboard],
  curves: ["Curves", curves],
  scatter: ["Hyperparameters", scatter],
  trials: ["Trials", trials],
};

export async function show(main, { route, signal }) {
  const name = route.path[1];
  const chosen = VIEWS[route.path[2]] ? route.path[2] : "overview";
  const sweep = await get(["sweeps", name], {}, signal);
  document.title = `${sweep.name} · ${VIEWS[chosen][0]} · augur`;
  const [head, notices, view] = [h("div"), h("div", { class: "view" }), h("div", { class: "view" })];
  const pace = new Pace();
  pace.note(sweep.progress);
  drawHead(head, notices, sweep);
  const update = await VIEWS[chosen][1].show(view, { sweep, route, signal, pace });
  if (signal.aborted) return;
  main.replaceChildren(crumbs(h("a", { href: "#/" }, "Sweeps"), sweep.name), head, tabs(name, chosen), notices, view);
  const told = teller(sweep);
  let isOver = !isOpen(sweep);
  follow(name, (news) => {
    Object.assign(sweep, news.sweep);
    pace.note(sweep.progress);
    drawHead(head, notices, sweep);
    told(sweep);
    // Of a sweep that was over before the view was read, everything is there.
    if (!(isOver && news.over)) update?.(news);
    isOver = news.over;
  }, signal);
}

function drawHead(head, notices, sweep) {
  const took = ((sweep.ended ?? Date.now()) - sweep.created) / 1000;
  const fact = (name, value) => h("span", {}, `${name} `, h("b", {}, value));
  swap(
    head,
    h("div", { class: "title" },
      h("h1", {}, sweep.name),
      badge(sweep.state),
      h("p", { class: "facts" },
        h("span", { title: date(sweep.created) }, "begun ", h("b", {}, ago(sweep.created))),
        fact(sweep.ended ? "took" : "for", duration(Math.round(took))),
        fact("criterion", sweep.criterion),
        sweep.priority ? fact("priority", String(sweep.priority)) : null,
        h("span", { title: `SHA-256 of the spec: ${sweep.spec_sha256}` }, "spec ", h("code", {}, short(sweep.spec_sha256))))),
  );
  const { trouble } = sweep.progress;
  swap(
    notices,
    trouble ? h("p", { class: "notice bad", role: "alert" }, h("b", {}, "The coordinator can't write. "), trouble) : null,
    sweep.pause_reason ? h("p", { class: "notice" }, h("b", {}, "Paused: "), sweep.pause_reason) : null,
  );
  notices.hidden = notices.children.length === 0;
}

function tabs(name, chosen) {
  const tab = ([view, [text]]) =>
    h("a", { href: sweepLink(name, view === "overview" ? "" : view), "aria-current": view === chosen ? "page" : null }, text);
  return h("nav", { class: "tabs", "aria-label": "Views of the sweep" }, Object.entries(VIEWS).map(tab));
}

/** Says each tenth of the way, and each change of state, to people who hear the page. */
function teller(sweep) {
  const tenth = ({ progress: p }) =>
    Math.floor((10 * (p.trials_completed + p.trials_stopped + p.trials_failed)) / Math.max(1, p.trials_total));
  let [lastTenth, lastState] = [tenth(sweep), sweep.state];
  return (now) => {
    if (tenth(now) === lastTenth && now.state === lastState) return;
    [lastTenth, lastState] = [tenth(now), now.state];
    const p = now.progress;
    say(`${now.name} is ${now.state}: ${count(p.trials_completed)} of ${count(p.trials_total)} trials completed, ${count(p.trials_failed)} failed`);
  };
}
