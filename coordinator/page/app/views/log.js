// The log of a trial: the lines of an attempt, which follow while it runs.

import { get } from "../api.js";
import { h, say, swap } from "../dom.js";
import { count } from "../format.js";
import { paced } from "../live.js";
import { LogBox } from "../logbox.js";
import { choice } from "../parts.js";
import { logLink } from "../route.js";

/** How often there is a look at what is new, and how often people who hear the page are told. */
const EVERY = 1000;
const TELL = 5000;

/** What is read out of a line. */
const HEARD = 200;

export class Log {
  #path;
  /** The attempt that the reader chose; 0 is the newest. */
  #chosen;
  #signal;
  #box;
  #ask;
  #tell;
  #trial = null;
  /** Whose lines are in the box; 0 is nobody. */
  #attempt = 0;
  #trouble = "";
  #untold = [];
  #drawn = "";
  #header = h("header");
  #empty = h("p", { class: "empty" });

  constructor(sweep, trial, chosen, signal) {
    this.#path = ["sweeps", sweep, "trials", trial, "log"];
    this.#chosen = /^[1-9]\d{0,8}$/.test(chosen ?? "") ? Number(chosen) : 0;
    this.#signal = signal;
    this.#box = new LogBox(signal);
    this.#ask = paced(() => this.look(), EVERY, signal);
    this.#tell = paced(async () => this.#say(), TELL, signal);
    this.element = h("section", { class: "card log-card", "aria-label": "Log" }, this.#header, this.#box.element, this.#empty);
  }

  /** Reads what is new; it goes on by itself while there can be more. */
  async look() {
    try {
      const log = await this.#newest();
      this.#trouble = "";
      const isFirst = this.#trial === null;
      if (log.lines.length) {
        this.#box.add(log.lines);
        if (!isFirst && this.#box.follows) this.#untold.push(...log.lines);
      }
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#trouble = error.message;
    }
    this.#draw();
    if (this.#untold.length) this.#tell();
    if (this.#goesOn()) this.#ask();
  }

  /** The trial as it is now. A look follows in any case: its last lines may have come before its end. */
  update(trial) {
    this.#trial = trial;
    this.#draw();
    this.#ask();
  }

  /** The lines after those that are shown, or all of an attempt that has begun since. */
  async #newest() {
    const read = (attempt, after_sequence) => get(this.#path, { attempt, after_sequence }, this.#signal);
    let log = await read(this.#chosen, this.#box.last);
    if (log.attempt === this.#attempt) return log;
    if (this.#box.last > 0) log = await read(log.attempt, 0);
    this.#attempt = log.attempt;
    this.#box.begin(`Log of attempt ${log.attempt}`);
    return log;
  }

  #goesOn() {
    return this.#trial?.state === "running" && (this.#chosen === 0 || this.#chosen === this.#trial.attempts);
  }

  #draw() {
    const trial = this.#trial;
    if (!trial) return;
    const hasLines = this.#box.last > 0;
    const note = hasLines ? this.#note() : "";
    // A list that is open closes when it is made anew: only for what has changed.
    const drawn = JSON.stringify([trial.attempts, trial.state, note, hasLines, this.#trouble]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const attempts = Array.from({ length: trial.attempts }, (_, at) => String(trial.attempts - at));
    swap(
      this.#header,
      h("h2", {}, "Log"),
      this.#trouble ? h("p", {}, `It can't be read now: ${this.#trouble}`) : note ? h("p", {}, note) : null,
      attempts.length > 1 ? choice("attempt", "Attempt", attempts, this.#chosen ? String(this.#chosen) : "", "newest") : null,
    );
    this.#box.element.hidden = !hasLines;
    this.#empty.hidden = hasLines;
    this.#empty.replaceChildren(...(hasLines ? [] : this.#nothing()));
  }

  /** Whose lines they are, and whether there will be more. */
  #note() {
    const { attempts, state } = this.#trial;
    const [shown, isBehind] = [this.#attempt, this.#chosen === 0 && this.#attempt < attempts];
    const parts = [
      attempts > 1 ? `attempt ${shown} of ${attempts}` : "",
      isBehind ? `attempt ${attempts} ${state === "running" ? "has said nothing yet" : "said nothing"}` : "",
      this.#goesOn() ? "follows while the trial runs" : "",
    ];
    return parts.filter(Boolean).join("; ");
  }

  /** Why there is no line. */
  #nothing() {
    const { attempts, state, reused_from: computed, id } = this.#trial;
    if (this.#chosen > attempts) return [`There is no attempt ${this.#chosen}.`];
    if (computed) return ["Computed by sweep ", h("a", { href: logLink(computed, id) }, computed), ", which has its log."];
    if (attempts === 0) return [state === "pending" ? "It has not begun yet, so there is no log." : "It never began, so there is no log."];
    if (this.#goesOn()) return ["Nothing has been said yet."];
    return [attempts > 1 && this.#chosen ? `Attempt ${this.#chosen} left no log.` : "It left no log."];
  }

  #say() {
    const lines = this.#untold.splice(0);
    const last = lines.at(-1).text.slice(0, HEARD);
    say(lines.length === 1 ? last : `${count(lines.length)} new lines in the log, the newest: ${last}`);
  }
}
