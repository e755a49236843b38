// Pieces that several views are made of.

import { h, svg } from "./dom.js";
import { count, number, unit } from "./format.js";
import { sweepLink, trialLink, withQuery } from "./route.js";

const BADGES = {
  succeeded: "done", completed: "done", done: "done", connected: "done",
  running: "running", leased: "running",
  paused: "warn", draining: "warn",
  failed: "failed", lost: "failed",
  stopped: "stopped", pending: "pending",
};

/** A state, as a word with a colour beside it. */
export const badge = (state) => h("span", { class: `badge is-${BADGES[state] ?? "over"}` }, state);

/** What the trials of a sweep or a task are, in the order of a bar. */
const KINDS = [
  ["completed", "completed"],
  ["reused", "reused"],
  ["running", "running"],
  ["stopped", "stopped early"],
  ["failed", "failed"],
  ["cancelled", "cancelled"],
  ["pending", "waiting"],
];

function counts(progress) {
  const of = (kind) => progress[`trials_${kind}`] ?? 0;
  return KINDS.map(([kind, text]) => [kind, text, kind === "completed" ? of(kind) - of("reused") : of(kind)]);
}

/** A bar of what became of all trials. */
export function bar(progress, big = false) {
  const total = Math.max(1, progress.trials_total);
  const there = counts(progress).filter(([, , n]) => n > 0);
  const said = there.map(([, text, n]) => `${count(n)} ${text}`).join(", ");
  return h(
    "div",
    { class: `bar${big ? " big" : ""}`, role: "img", "aria-label": `${said} of ${count(total)} trials` },
    there
      .filter(([kind]) => kind !== "pending")
      .map(([kind, , n]) => h("span", { class: `c-${kind}`, style: { width: `${(100 * n) / total}%` } })),
  );
}

/** The same in words, which explains the colours. */
export function key(progress) {
  return h(
    "ul",
    { class: "key" },
    counts(progress)
      .filter(([kind, , n]) => n > 0 || kind === "completed" || kind === "pending")
      .map(([kind, text, n]) => h("li", {}, h("span", { class: `swatch c-${kind}` }), h("b", {}, count(n)), text)),
  );
}

/** Hyperparameters with their units. */
export function values(of) {
  const entries = Object.entries(of ?? {});
  if (entries.length === 0) return h("span", { class: "dim" }, "–");
  const one = ([name, value]) => {
    const [text, sign] = unit(name);
    return h("span", {}, h("i", {}, `${text} `), number(value, 3), sign);
  };
  return h("span", { class: "values" }, entries.map(one));
}

/** A table that scrolls by itself where there is little room. `columns`: [{text, number, sort}], rows: lists of cells. */
export function table(caption, columns, rows, { empty = "Nothing here yet.", sorted = "", attributes = () => ({}) } = {}) {
  const head = columns.map((column) => {
    const order = column.sort && [column.sort, `${column.sort} desc`].indexOf(sorted);
    return h(
      "th",
      {
        scope: "col",
        class: column.number ? "number" : null,
        "aria-sort": order === 0 ? "ascending" : order === 1 ? "descending" : null,
      },
      column.sort
        ? h("button", {
            type: "button",
            "data-key": `sort-${column.sort}`,
            onclick: () => {
              location.hash = withQuery({ order_by: order === 0 ? `${column.sort} desc` : column.sort, page_token: "" });
            },
          }, column.text)
        : column.text,
    );
  });
  const cell = (content, at) => {
    const column = columns[at];
    const kind = { class: [column.number ? "number" : "", column.nowrap ? "nowrap" : ""].join(" ").trim() || null };
    return column.head ? h("th", { scope: "row", ...kind }, content) : h("td", kind, content);
  };
  return h(
    "div",
    { class: "table", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, head)),
      h("tbody", {}, rows.map((row, at) => h("tr", attributes(at), row.map(cell)))),
    ),
    rows.length === 0 ? h("p", { class: "empty" }, empty) : null,
  );
}

export function card(title, note, ...content) {
  return h("section", { class: "card", "aria-label": title }, h("header", {}, h("h2", {}, title), note ? h("p", {}, note) : null), content);
}

export function tile(name, value, note) {
  return h("div", { class: "tile" }, h("dt", {}, name), h("dd", {}, value, note ? h("small", {}, note) : null));
}

/** Choosing one of many; what is chosen stands in the address. */
export function choice(name, text, options, chosen, all) {
  const option = (value, shown = value) => h("option", { value, selected: value === chosen }, shown);
  return h(
    "label",
    { class: "field" },
    text,
    h(
      "select",
      {
        "data-key": `choose-${name}`,
        onchange: (event) => {
          location.hash = withQuery({ [name]: event.target.value, page_token: "" });
        },
      },
      all ? option("", all) : null,
      options.map((value) => option(value)),
    ),
  );
}

/** Links to the first and the next page of a list. */
export function pager(token, next) {
  if (!token && !next) return null;
  return h(
    "nav",
    { class: "tools body", "aria-label": "Pages" },
    h("span", { class: "end" },
      token ? h("a", { href: withQuery({ page_token: "" }), "data-key": "first" }, "First page") : null,
      next ? h("a", { href: withQuery({ page_token: next }), "data-key": "next" }, "Next page →") : h("span", { class: "dim" }, "Last page")),
  );
}

/** A trial as a link: what it is and where it began. */
export function trialName(sweep, trial, text) {
  return h("a", { href: trialLink(sweep, trial.id ?? trial.trial) }, text ?? trial.family);
}

export function crumbs(...parts) {
  return h("nav", { class: "crumbs", "aria-label": "Where this is" }, parts.flatMap((part, at) => (at ? [" / ", part] : [part])));
}

export const sweepCrumbs = (sweep) => [h("a", { href: "#/" }, "Sweeps"), h("a", { href: sweepLink(sweep) }, sweep)];

/** A measure in [0, 1] with its 95 percent interval as a line. */
export function measure(of) {
  if (!of) return h("span", { class: "dim" }, "–");
  const [width, height] = [116, 10];
  const x = (value) => 3 + Math.max(0, Math.min(1, value)) * (width - 6);
  const text = of.interval ? `${of.value.toFixed(3)} ` : of.value.toFixed(3);
  return h(
    "span",
    {},
    text,
    of.interval ? h("span", { class: "dim small" }, `[${of.interval.map((end) => end.toFixed(2)).join(", ")}]`) : null,
    svg("svg", { class: "whisker", width, height, "aria-hidden": "true" },
      svg("line", { x1: 3, x2: width - 3, y1: height / 2, y2: height / 2 }),
      of.interval ? svg("line", { class: "span", x1: x(of.interval[0]), x2: x(of.interval[1]), y1: height / 2, y2: height / 2 }) : null,
      svg("circle", { cx: x(of.value), cy: height / 2, r: 3 })),
  );
}

/** Names of hyperparameters in some trials, in order. */
export function names(list) {
  return [...new Set(list.flatMap((one) => Object.keys(one ?? {})))].sort();
}

