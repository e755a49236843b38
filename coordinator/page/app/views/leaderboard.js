// The leaderboard: what was selected for each task, seed and variant, and how well it finds anomalies where labels are known.

import { get } from "../api.js";
import { h, swap } from "../dom.js";
import { count, fixed } from "../format.js";
import { paced } from "../live.js";
import { card, choice, measure, pager, table, trialName, values } from "../parts.js";
import { filter } from "../route.js";

const SIZE = 50;
/** The shortest time between two looks. */
const PACE = 1500;

export async function show(view, { sweep, route, signal }) {
  const of = (name) => route.query.get(name) ?? "";
  const chosen = { task: of("task"), variant: of("variant"), seed: of("seed") };
  const token = of("page_token");
  const read = () =>
    get(["sweeps", sweep.name, "results"], { page_size: SIZE, page_token: token, filter: filter(chosen) }, signal);
  const body = h("div");
  draw(body, sweep, await read(), token);
  const { tasks, variants, seeds } = sweep.names;
  view.replaceChildren(
    h("div", { class: "tools" },
      choice("task", "Task", tasks, chosen.task, "all tasks"),
      variants.length > 1 ? choice("variant", "Variant", variants, chosen.variant, "all variants") : null,
      choice("seed", "Seed", seeds, chosen.seed, "all seeds")),
    card("Selected without labels", "Each choice was sealed before any label was read; brackets are 95 % bootstrap intervals.", body),
  );
  const look = paced(async () => draw(body, sweep, await read(), token), PACE, signal);
  return (news) => news.groups_changed && look();
}

function draw(body, sweep, list, token) {
  const some = (of) => list.items.some((result) => result.selected?.[of]);
  const columns = [
    { text: "Task", head: true },
    { text: "Seed", number: true },
    { text: "Variant", nowrap: true },
    { text: "Selected" },
    { text: "Validation loss", number: true },
    { text: "AUROC", nowrap: true },
    { text: "Average precision", nowrap: true },
    some("f1_max") ? { text: "F1-max", nowrap: true } : null,
    some("test_auroc") ? { text: "Test AUROC", nowrap: true } : null,
    { text: "Ranked", number: true },
    { text: "Seal" },
  ];
  const row = (result) => {
    const selected = result.selected;
    return [
      result.task,
      result.seed,
      result.variant,
      selected
        ? h("span", {}, trialName(sweep.name, selected), " ", Object.keys(selected.tuned).length ? values(selected.tuned) : null)
        : h("span", { class: "dim" }, "nobody: every trial was kept out"),
      fixed(selected?.validation_loss, 4),
      measure(selected?.auroc),
      measure(selected?.average_precision),
      some("f1_max") ? measure(selected?.f1_max) : null,
      some("test_auroc") ? measure(selected?.test_auroc) : null,
      h("span", { title: `${count(result.excluded)} kept out` }, count(result.ranked), result.excluded ? h("span", { class: "dim" }, ` of ${count(result.ranked + result.excluded)}`) : null),
      h("code", { title: result.seal }, result.seal.slice(0, 8)),
    ];
  };
  const kept = columns.map((column) => column !== null);
  swap(
    body,
    table("Leaderboard", columns.filter(Boolean), list.items.map((result) => row(result).filter((_, at) => kept[at])), {
      empty: "No group is done yet. A row comes here once the choice of its group is sealed and evaluated.",
    }),
    pager(token, list.next_page_token),
  );
}
