// Follows a sweep by server-sent events, says how fast it goes, and when to look again.

import { get } from "./api.js";

const AGAIN = 2000;
const IDLE = 10000;
/** What the pace is taken over, and the least to go by. */
const WINDOW = 120000;
const LEAST = 3000;

/** Calls `told` with each event of a sweep until `signal` ends it; a sweep that is over is looked at now and then. */
export function follow(sweep, told, signal) {
  let source = null;
  let timer = null;
  const stop = () => {
    source?.close();
    clearTimeout(timer);
  };
  const open = () => {
    if (signal.aborted) return;
    source = new EventSource(`/api/sweeps/${encodeURIComponent(sweep)}/events`);
    source.addEventListener("progress", (event) => {
      const news = JSON.parse(event.data);
      told(news);
      if (news.over) {
        source.close();
        timer = setTimeout(look, IDLE);
      }
    });
    source.addEventListener("error", () => {
      // A browser tries again by itself after a broken connection, but not after a refusal.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN);
    });
  };
  const look = async () => {
    try {
      const now = await get(["sweeps", sweep], {}, signal);
      if (isOpen(now)) return open();
    } catch {
      // It is asked again.
    }
    if (!signal.aborted) timer = setTimeout(look, IDLE);
  };
  signal.addEventListener("abort", stop);
  open();
}

/**
 * A function that asks for a look: it comes soon, at most once in `pace` milliseconds, never two at a time, and not while nobody
 * sees the page. What changes meanwhile is looked at afterwards, so that the last change is never missed.
 */
export function paced(look, pace, signal) {
  let [busy, stale, looked] = [false, false, Date.now()];
  return async () => {
    stale = true;
    if (busy) return;
    busy = true;
    while (stale && !signal.aborted) {
      await new Promise((done) => setTimeout(done, looked + pace - Date.now()));
      await seen(signal);
      if (signal.aborted) break;
      [stale, looked] = [false, Date.now()];
      // Whoever could not look asks again, or is told anew once the coordinator is back.
      await look().catch(() => {});
    }
    busy = false;
  };
}

/** Comes back once somebody can see the page, or `signal` has ended it. */
async function seen(signal) {
  while (document.hidden && !signal.aborted) {
    await new Promise((done) => {
      document.addEventListener("visibilitychange", done, { once: true });
      signal.addEventListener("abort", done, { once: true });
    });
  }
}

export const isOpen = (sweep) => sweep.state === "running" || sweep.state === "paused";

/** Epochs done and in all; a trial that ended without a result has none to go. */
function epochs(progress) {
  const each = Math.max(1, progress.epochs_per_trial);
  const ended = progress.trials_completed + progress.trials_failed + progress.trials_cancelled + progress.trials_stopped;
  return [ended * each + progress.running_epochs, progress.trials_total * each];
}

/** How fast a sweep has gone since somebody began to watch it. */
export class Pace {
  #seen = [];

  note(progress, now = Date.now()) {
    const ended = progress.trials_completed + progress.trials_stopped + progress.trials_failed;
    this.#seen.push({ now, done: epochs(progress)[0], ended });
    while (this.#seen[0].now < now - WINDOW) this.#seen.shift();
  }

  /** Trials that end in a minute; null before there is anything to go by. */
  perMinute() {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (!first || last.now - first.now < LEAST) return null;
    return ((last.ended - first.ended) * 60000) / (last.now - first.now);
  }

  /** [fewest, most] seconds to go, by the slower and the faster half of what was seen; null before there is any. */
  left(progress) {
    const seen = this.#seen;
    const [first, last] = [seen[0], seen.at(-1)];
    if (!first || last.now - first.now < LEAST || last.done <= first.done) return null;
    const [done, total] = epochs(progress);
    const middle = seen.find((one) => one.now >= (first.now + last.now) / 2) ?? last;
    const rates = [[first, middle], [middle, last], [first, last]]
      .filter(([a, b]) => b.done > a.done && b.now > a.now)
      .map(([a, b]) => ((b.done - a.done) * 1000) / (b.now - a.now));
    const to = (rate) => Math.max(0, total - done) / rate;
    return [to(Math.max(...rates)), to(Math.min(...rates))];
  }
}
