// Lines of a log in a box that scrolls. The newest one stays in view, unless the reader has scrolled up.

import { clock, count, day, moment } from "./format.js";
import { h } from "./dom.js";

/** Rows at most; the oldest ones go first. */
const KEPT = 2000;

/** Nobody who is so near to the end, in pixels, has scrolled up. */
const NEAR = 24;

export class LogBox {
  #lines = h("ol");
  // A quick log is not read out line by line: whoever fills it says what is new.
  #box = h("div", { class: "log", role: "log", "aria-live": "off", tabindex: 0 }, this.#lines);
  #jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.#back() });
  #follows = true;
  #unread = 0;
  #day = "";
  #last = 0;
  element = h("div", { class: "log-frame" }, this.#box, this.#jump);

  constructor(signal) {
    this.#box.addEventListener("scroll", () => this.#scrolled());
    const sizes = new ResizeObserver(() => this.#follows && this.#toEnd());
    sizes.observe(this.#box);
    signal.addEventListener("abort", () => sizes.disconnect());
  }

  /** The sequence of the newest line; 0 without any. */
  get last() {
    return this.#last;
  }

  /** Whether the newest line is in view. */
  get follows() {
    return this.#follows;
  }

  /** Begins anew; `label` is whose log it is. */
  begin(label) {
    this.#lines.replaceChildren();
    this.#box.setAttribute("aria-label", label);
    [this.#last, this.#day, this.#unread, this.#follows] = [0, "", 0, true];
    this.#draw();
  }

  /** Lines that come after those that are there. */
  add(lines) {
    this.#lines.append(...lines.flatMap((line) => this.#rows(line)));
    this.#trim();
    if (this.#follows) this.#toEnd();
    else this.#unread += lines.length;
    this.#draw();
  }

  /** A line, after what has to be said before it. */
  #rows({ sequence, time, text }) {
    const rows = [];
    const missing = sequence - this.#last - 1;
    this.#last = sequence;
    if (missing > 0) rows.push(aside(`${count(missing)} ${missing === 1 ? "line" : "lines"} before this ${missing === 1 ? "is" : "are"} no longer kept`));
    const at = moment(time);
    if (at && day(at) !== this.#day) {
      this.#day = day(at);
      rows.push(aside(this.#day));
    }
    const when = at
      ? h("time", { datetime: at.toISOString(), title: `${day(at)} ${clock(at)}, by the worker's clock` }, clock(at))
      : h("time", {}, "–".padEnd(8));
    rows.push(h("li", {}, when, "  ", text));
    return rows;
  }

  /** Drops the oldest rows, and leaves what is read where it is. */
  #trim() {
    const rows = [...this.#lines.children];
    if (rows.length <= KEPT) return;
    const height = this.#box.scrollHeight;
    for (const row of rows.slice(0, rows.length - KEPT + 1)) row.remove();
    this.#lines.prepend(aside("Earlier lines are no longer shown"));
    this.#box.scrollTop -= height - this.#box.scrollHeight;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#box;
    this.#follows = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.#follows) this.#unread = 0;
    this.#draw();
  }

  #toEnd() {
    this.#box.scrollTop = this.#box.scrollHeight;
  }

  /** The reader wants the newest line again. */
  #back() {
    this.#toEnd();
    // The button goes; the keyboard stays with the lines.
    this.#box.focus({ preventScroll: true });
  }

  #draw() {
    this.#jump.hidden = this.#follows;
    const text = this.#unread ? `${count(this.#unread)} new ${this.#unread === 1 ? "line" : "lines"} ↓` : "To the newest line ↓";
    if (this.#jump.textContent !== text) this.#jump.textContent = text;
  }
}

/** A row that no worker wrote. */
const aside = (text) => h("li", { class: "aside" }, text);
