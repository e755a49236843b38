// Whether the coordinator answers. It is asked every two seconds; while it does not answer a banner says so, and once it does
// again the view is drawn anew.

const EVERY = 2000;

let since = null;
let back = () => {};

/** Begins to watch; `onBack` is called when the coordinator is there again. */
export function watch(ask, onBack) {
  back = onBack;
  const again = async () => {
    if (!document.hidden || since !== null) await ask().catch(() => {});
    setTimeout(again, EVERY);
  };
  setInterval(show, 1000);
  again();
}

export function lost() {
  since ??= Date.now();
  show();
}

export function answered() {
  const wasAway = since !== null;
  since = null;
  show();
  if (wasAway) back();
}

function show() {
  const banner = document.getElementById("away");
  const dot = document.querySelector("#link-state .dot");
  const text = document.getElementById("link-text");
  dot.className = `dot ${since === null ? "on" : "off"}`;
  const state = since === null ? "connected" : "away";
  if (text.textContent !== state) text.textContent = state;
  if (banner.hidden !== (since === null)) {
    banner.hidden = since === null;
    banner.textContent =
      since === null ? "" : "The coordinator does not answer. What you see is from before; this page goes on by itself once it is back.";
  }
}
