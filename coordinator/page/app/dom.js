// Elements, made of text and never of markup, so that no name in a spec can become a script.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("a", {href, class, onclick, "aria-label"}, "text", child, ...)`. What is null is left out. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same of an SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...kept(children));
  return element;
}

function kept(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Puts other children into an element. Whoever used the keyboard in it stays where they were. */
export function swap(element, ...children) {
  const active = element.contains(document.activeElement) ? document.activeElement : null;
  const key = active && focusKey(active);
  element.replaceChildren(...kept(children));
  if (!key) return;
  const again = [...element.querySelectorAll("a[href], button, select, [data-key]")].find((other) => focusKey(other) === key);
  again?.focus({ preventScroll: true });
}

function focusKey(element) {
  return element.dataset?.key ?? element.getAttribute("href") ?? element.id;
}

/** Tells people who hear the page. */
export function say(text) {
  const said = document.getElementById("said");
  if (said.textContent !== text) said.textContent = text;
}
