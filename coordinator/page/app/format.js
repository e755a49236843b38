// Numbers and times as people read them.

const WHOLE = new Intl.NumberFormat("en-US");
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const MINUS = "\u2212";

/** 12,345 */
export const count = (n) => WHOLE.format(n ?? 0);

/** 12K: where there is little room. */
const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const tick = (value) => (value !== null && Math.abs(value) >= 1e4 ? COMPACT.format(value).replace("-", MINUS) : number(value, 3));

/** The numbers along an axis, `step` apart: all with as many decimals as tell them apart. */
export function ticks(values, step) {
  const decimals = [0, 1, 2, 3, 4, 5, 6].find((n) => Math.abs(step * 10 ** n - Math.round(step * 10 ** n)) < 1e-6);
  const fits = decimals !== undefined && values.every((value) => Math.abs(value ?? 0) < 1e4);
  return values.map((value) => (value === null ? "" : fits ? fixed(value, decimals) : tick(value)));
}

/** So many digits that count; "–" where there is no number. */
export function number(value, digits = 4) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-4 ? value.toExponential(digits - 1) : String(Number(value.toPrecision(digits)));
  return text.replace(/^-/, MINUS);
}

/** Always so many decimals, to stand in columns. */
export function fixed(value, decimals = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return value.toFixed(decimals).replace(/^-/, MINUS);
}

export const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

/** 3.2 s, 4 min 10 s, 2 h 5 min, 3 d 4 h */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 600) return `${Math.floor(s / 60)} min ${s % 60 ? `${s % 60} s` : ""}`.trim();
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** How long ago a time in milliseconds was. */
export function ago(time, now = Date.now()) {
  if (!time) return "–";
  const seconds = Math.max(0, (now - time) / 1000);
  return seconds < 2 ? "now" : `${duration(Math.floor(seconds)).replace(/\.0 s/, " s")} ago`;
}

export const date = (time) => (time ? DATE.format(time) : "–");

/** Milliseconds as a moment; null where it is none, or one that no calendar has. */
export const moment = (time) => (time !== null && Math.abs(time) <= 8.64e15 ? new Date(time) : null);

/** A moment's day, and its time of day as 14:03:22, here. */
export const day = (at) => DAY.format(at);
export const clock = (at) => CLOCK.format(at);

/** angle_deg -> ["angle", "°"]: the unit is in the name. */
export function unit(name) {
  if (name.endsWith("_deg")) return [name.slice(0, -4).replaceAll("_", " "), "°"];
  if (name.endsWith("_px")) return [name.slice(0, -3).replaceAll("_", " "), " px"];
  return [name.replaceAll("_", " "), ""];
}

/** A hyperparameter's name with its unit. */
export function label(name) {
  const [text, sign] = unit(name);
  return sign ? `${text} (${sign.trim()})` : text;
}

export const bytes = (n) => (n ? `${(n / 2 ** 30).toFixed(1)} GiB` : "–");

/** The beginning of an identifier. */
export const short = (id) => (id ?? "").slice(0, 8);
