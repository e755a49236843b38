// Asks the coordinator.

import * as away from "./away.js";

/** What the coordinator refused, in its own words. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** No answer: the coordinator is away. */
export class NoAnswer extends Error {}

/** The JSON at `/api/...`; `path` is a list of its parts. */
export async function get(path, query = {}, signal = undefined) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== undefined));
  const address = `/api/${path.map(encodeURIComponent).join("/")}?${search}`;
  let response, body;
  try {
    response = await fetch(address, { signal, headers: { accept: "application/json" } });
    body = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    away.lost();
    throw new NoAnswer("the coordinator does not answer");
  }
  if (response.status === 503) {
    away.lost();
    throw new NoAnswer(body.error);
  }
  away.answered();
  if (!response.ok) throw new Refused(response.status, body.error);
  return body;
}
