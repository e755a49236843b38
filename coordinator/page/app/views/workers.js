// Workers: where they run, what they hold, when they were heard of last.

import { get } from "../api.js";
import { h, swap } from "../dom.js";
import { ago, bytes, count, short } from "../format.js";
import { badge, pager, table, tile } from "../parts.js";

const EVERY = 2000;
const SIZE = 200;

export async function show(main, { route, signal }) {
  document.title = "Workers · augur";
  const token = route.query.get("page_token") ?? "";
  const read = () => get(["workers"], { page_size: SIZE, page_token: token }, signal);
  const tiles = h("dl", { class: "tiles" });
  const body = h("section", { class: "card", "aria-label": "Workers" });
  draw(tiles, body, await read(), token);
  main.replaceChildren(h("div", { class: "title" }, h("h1", {}, "Workers")), tiles, body);
  const timer = setInterval(async () => {
    if (document.hidden) return;
    const list = await read().catch(() => null);
    if (list) draw(tiles, body, list, token);
  }, EVERY);
  signal.addEventListener("abort", () => clearInterval(timer));
}

function draw(tiles, body, list, token) {
  const here = list.items.filter((worker) => worker.state === "connected" || worker.state === "draining");
  const sum = (of) => here.reduce((all, worker) => all + of(worker), 0);
  const slots = sum((worker) => worker.slots);
  swap(
    tiles,
    tile("Connected", count(here.length), `of ${count(list.items.length)} ever heard of${list.next_page_token ? " on this page" : ""}`),
    tile("Slots in use", `${count(sum((worker) => Math.min(worker.leases, worker.slots)))} / ${count(slots)}`),
    tile("Lost", count(list.items.filter((worker) => worker.state === "lost").length), "no word for longer than a lease"),
  );
  const columns = [
    { text: "Host", head: true },
    { text: "State" },
    { text: "Slots in use" },
    { text: "Last heartbeat", nowrap: true },
    { text: "Memory", number: true },
    { text: "augur" },
    { text: "libtorch" },
    { text: "Worker" },
  ];
  const order = ["connected", "draining", "lost", "left"];
  const workers = [...list.items].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const row = (worker) => [
    worker.host,
    badge(worker.state),
    slotsOf(worker),
    ago(worker.last_heartbeat),
    bytes(worker.memory_bytes),
    worker.augur_version,
    worker.libtorch_version,
    h("code", { title: worker.id }, short(worker.id.replaceAll("-", "").slice(-8))),
  ];
  swap(
    body,
    table("Workers", columns, workers.map(row), { empty: "No worker has registered. Start one with `augur-worker`." }),
    pager(token, list.next_page_token),
  );
}

function slotsOf(worker) {
  const used = Math.min(worker.leases, worker.slots);
  const text = `${count(worker.leases)} of ${count(worker.slots)}`;
  return h(
    "div",
    { style: { display: "flex", alignItems: "center", gap: "10px" } },
    h("div", { class: "bar", role: "img", "aria-label": `${text} slots in use`, style: { flex: "0 1 120px" } },
      h("span", { class: "c-running", style: { width: `${(100 * used) / Math.max(1, worker.slots)}%` } })),
    text,
  );
}
