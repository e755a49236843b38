// The address after the `#`: a path and a query, so that every view has a link of its own.

/** {path: ["sweeps", "demo", "curves"], query: URLSearchParams} */
export function here() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

/** The address of a path; whatever is empty in the query is left out. */
export function link(path, query = {}) {
  const pairs = [...(query instanceof URLSearchParams ? query : Object.entries(query))];
  const text = new URLSearchParams(pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined));
  const search = text.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

export const sweepLink = (sweep, view, query) => link(["sweeps", sweep, ...(view ? [view] : [])], query);
export const trialLink = (sweep, trial) => link(["sweeps", sweep, "trials", trial]);
/** The same view, with the log in sight. */
export const logLink = (sweep, trial) => link(["sweeps", sweep, "trials", trial, "log"]);

/** The same address with another query. */
export function withQuery(changes) {
  const { path, query } = here();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, value);
  }
  return link(path, query);
}

/** A filter of the API: every term that has a value. */
export function filter(terms) {
  const quoted = (value) => `"${String(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  return Object.entries(terms)
    .filter(([, value]) => value)
    .map(([name, value]) => `${name} = ${name === "state" ? value.toUpperCase() : quoted(value)}`)
    .join(" AND ");
}
