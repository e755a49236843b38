// Light or dark: as the system has it, unless the reader chose otherwise.

const KEY = "augur-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Where a browser keeps nothing, the choice lasts as long as the page. */
let kept = null;

function chosen() {
  try {
    return localStorage.getItem(KEY) ?? kept;
  } catch {
    return kept;
  }
}

function choose(theme) {
  kept = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // As above.
  }
}

/** Sets the theme and the button; `changed` is called after each change. */
export function begin(button, changed) {
  const apply = () => {
    const theme = chosen() ?? (dark.matches ? "dark" : "light");
    document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-pressed", String(theme === "dark"));
    button.textContent = theme === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `Dark colours: ${theme === "dark" ? "on" : "off"}`);
  };
  button.addEventListener("click", () => {
    choose(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    apply();
    changed();
  });
  dark.addEventListener("change", () => {
    apply();
    changed();
  });
  apply();
}

/** The value of a colour, for what is drawn and not styled. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
