// A sweep's trials: filtered, sorted, a page at a time.

import { get } from "../api.js";
import { h, swap } from "../dom.js";
import { ago, date, duration, fixed } from "../format.js";
import { paced } from "../live.js";
import { badge, choice, pager, table, trialName, values } from "../parts.js";
import { filter, logLink } from "../route.js";

const SIZE = 100;
const STATES = ["pending", "running", "completed", "failed", "cancelled", "stopped"];
/** The shortest time between two looks. */
const PACE = 2000;

export async function show(view, { sweep, route, signal }) {
  const of = (name) => route.query.get(name) ?? "";
  const chosen = { state: of("state"), task: of("task"), variant: of("variant"), family: of("family"), seed: of("seed") };
  const [token, order] = [of("page_token"), of("order_by") || "index"];
  const query = { page_size: SIZE, page_token: token, order_by: order, filter: filter(chosen) };
  const read = () => get(["sweeps", sweep.name, "trials"], query, signal);
  const body = h("section", { class: "card", "aria-label": "Trials" });
  draw(body, sweep, await read(), token, order);
  const { tasks, variants, families, seeds } = sweep.names;
  view.replaceChildren(
    h("div", { class: "tools", role: "search", "aria-label": "Filter" },
      choice("state", "State", STATES, chosen.state, "any state"),
      choice("task", "Task", tasks, chosen.task, "all tasks"),
      variants.length > 1 ? choice("variant", "Variant", variants, chosen.variant, "all variants") : null,
      choice("family", "Family", families, chosen.family, "all families"),
      choice("seed", "Seed", seeds, chosen.seed, "all seeds")),
    body,
  );
  const look = paced(async () => draw(body, sweep, await read(), token, order), PACE, signal);
  return (news) => (news.trials_changed > 0 || news.groups_changed) && look();
}

function draw(body, sweep, list, token, order) {
  const columns = [
    { text: "Trial", sort: "index", head: true },
    { text: "State", sort: "state" },
    { text: "Validation loss", sort: "validation_loss", number: true },
    { text: "Task", nowrap: true },
    { text: "Seed", number: true },
    { text: "Variant", nowrap: true },
    { text: "Began at" },
    { text: "Tuned to" },
    { text: "Attempts", number: true },
    { text: "Took", number: true },
    { text: "Changed", nowrap: true },
  ];
  const row = (trial) => [
    trialName(sweep.name, trial, `${trial.index} ${trial.family}`),
    h("span", { title: trial.cause?.detail }, badge(trial.state), trial.cause ? cause(sweep, trial) : null),
    fixed(trial.validation_loss, 4),
    trial.task,
    trial.seed,
    trial.variant,
    values(trial.initial),
    values(trial.tuned),
    trial.attempts,
    trial.reused_from ? h("span", { title: `Computed by sweep ${trial.reused_from}` }, "reused") : trial.seconds === null ? "–" : duration(trial.seconds),
    h("time", { title: date(trial.updated) }, ago(trial.updated)),
  ];
  swap(
    body,
    table("Trials", columns, list.items.map(row), { sorted: order, empty: "No trial is like this." }),
    pager(token, list.next_page_token),
  );
}

/** Why an attempt failed, with the way to its log. */
const cause = (sweep, trial) =>
  h("a", { class: "small", href: logLink(sweep.name, trial.id), "aria-label": `${trial.cause.kind}: log of trial ${trial.index}` }, ` ${trial.cause.kind}`);
