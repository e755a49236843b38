// Begins: theme, navigation, the watch over the coordinator. Each address is drawn by a view of its own.

import * as away from "./away.js";
import { get, NoAnswer } from "./api.js";
import { h, say } from "./dom.js";
import { here } from "./route.js";
import * as theme from "./theme.js";
import * as sweep from "./views/sweep.js";
import * as sweeps from "./views/sweeps.js";
import * as trial from "./views/trial.js";
import * as workers from "./views/workers.js";

let current = new AbortController();
let shown = "";

/** The view of a path, and what the main navigation marks. */
function choose([first, , third, fourth]) {
  if (first === "workers") return [workers, "workers"];
  if (first === "sweeps" && third === "trials" && fourth) return [trial, "sweeps"];
  if (first === "sweeps") return [sweep, "sweeps"];
  return [sweeps, "sweeps"];
}

async function draw() {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  const route = here();
  const [view, nav] = choose(route.path);
  for (const item of document.querySelectorAll("[data-nav]")) {
    if (item.dataset.nav === nav) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
  }
  const main = document.getElementById("main");
  const moved = shown !== route.path.join("/");
  shown = route.path.join("/");
  try {
    const place = await view.show(main, { route, signal, redraw: draw });
    if (signal.aborted) return;
    if (moved) {
      go(place);
      say(document.title);
    }
  } catch (error) {
    if (error.name === "AbortError" || error instanceof NoAnswer) return;
    main.replaceChildren(
      h("h1", {}, error.status === 404 ? "Not here" : "This did not work"),
      h("p", { class: "notice bad" }, error.message),
      h("p", {}, h("a", { href: "#/" }, "All sweeps")),
    );
  }
}

/** To the part of a view that its address asks for, else to its top. */
function go(place) {
  if (!place) return scrollTo(0, 0);
  place.scrollIntoView();
  place.querySelector("[tabindex]")?.focus({ preventScroll: true });
}

theme.begin(document.getElementById("theme"), draw);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
addEventListener("hashchange", draw);
away.watch(async () => {
  const coordinator = await get(["coordinator"]);
  document.getElementById("version").textContent = `augur ${coordinator.augur_version} · API ${coordinator.api_version}`;
}, draw);
draw();
