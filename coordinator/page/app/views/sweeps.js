// All sweeps, newest first.

import { get } from "../api.js";
import { h, swap } from "../dom.js";
import { ago, count, date, duration } from "../format.js";
import { badge, bar, pager, table } from "../parts.js";
import { sweepLink } from "../route.js";

const EVERY = 2500;
const SIZE = 50;

export async function show(main, { route, signal }) {
  document.title = "Sweeps · augur";
  const token = route.query.get("page_token") ?? "";
  const list = await get(["sweeps"], { page_size: SIZE, page_token: token }, signal);
  const body = h("section", { class: "card", "aria-label": "Sweeps" });
  draw(body, list, token);
  main.replaceChildren(h("div", { class: "title" }, h("h1", {}, "Sweeps")), body);
  const timer = setInterval(async () => {
    if (document.hidden) return;
    const list = await get(["sweeps"], { page_size: SIZE, page_token: token }, signal).catch(() => null);
    if (list) draw(body, list, token);
  }, EVERY);
  signal.addEventListener("abort", () => clearInterval(timer));
}

function draw(body, list, token) {
  const columns = [
    { text: "Sweep", head: true },
    { text: "State" },
    { text: "Trials" },
    { text: "Done", number: true },
    { text: "Failed", number: true },
    { text: "Criterion" },
    { text: "Begun", nowrap: true },
    { text: "Took", nowrap: true },
  ];
  const row = (sweep) => {
    const p = sweep.progress;
    const ended = p.trials_completed + p.trials_stopped;
    return [
      h("a", { href: sweepLink(sweep.name) }, sweep.name),
      badge(sweep.state),
      bar(p),
      `${count(ended)} / ${count(p.trials_total)}`,
      p.trials_failed ? count(p.trials_failed) : h("span", { class: "dim" }, "0"),
      h("code", {}, sweep.criterion),
      h("time", { title: date(sweep.created) }, ago(sweep.created)),
      duration(((sweep.ended ?? Date.now()) - sweep.created) / 1000),
    ];
  };
  swap(
    body,
    table("Sweeps", columns, list.items.map(row), { empty: "No sweep yet. Submit one with `augur submit CONFIG`." }),
    pager(token, list.next_page_token),
  );
}
