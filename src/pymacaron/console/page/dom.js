// Elements, and what times and figures look like.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An element; texts among its children are texts, whatever they look like. */
export const h = (tag, properties, ...children) => filled(document.createElement(tag), properties, children);
export const svg = (tag, properties, ...children) => filled(document.createElementNS(SVG, tag), properties, children);

const two = (number) => String(number).padStart(2, "0");

export function clock(seconds) {
  const at = new Date(seconds * 1000);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export function fineClock(seconds) {
  return `${clock(seconds)}.${String(Math.floor((seconds % 1) * 1000)).padStart(3, "0")}`;
}

/** Milliseconds, with three figures that count. */
export function ms(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 100000) return `${Math.round(value / 1000)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  return value >= 100 ? `${value.toFixed(0)} ms` : value >= 10 ? `${value.toFixed(1)} ms` : `${value.toFixed(2)} ms`;
}

export function ago(seconds, now) {
  const passed = Math.max(0, now - seconds);
  if (passed < 2) return "now";
  if (passed < 100) return `${Math.round(passed)} s ago`;
  if (passed < 6000) return `${Math.round(passed / 60)} min ago`;
  return passed < 172800 ? `${Math.round(passed / 3600)} h ago` : `${Math.round(passed / 86400)} days ago`;
}

export const count = (number) => number.toLocaleString("en");

/** The class of a status, for its colour. */
export function kind(status, complete = true) {
  if (!complete || status === null || status === undefined || status >= 500) return "bad";
  return status >= 400 ? "warn" : status >= 300 ? "dim" : "good";
}

export const method = (name) => h("span", { class: `method ${name.toLowerCase()}` }, name);

export function copyButton(text, label = "Copy") {
  const button = h("button", { type: "button", class: "small", onclick: copy }, label);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it and press Ctrl-C";
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  }
  return button;
}

/** Moves of the arrow keys among the buttons of rows: one of them is reached by Tab, the others from there. */
export function roving(container, selector) {
  const all = () => [...container.querySelectorAll(selector)].filter((one) => one.offsetParent !== null);
  container.addEventListener("focusin", (event) => {
    if (event.target.matches(selector)) for (const one of all()) one.tabIndex = one === event.target ? 0 : -1;
  });
  container.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, Home: -1e6, End: 1e6 }[event.key];
    if (!step || !event.target.matches(selector) || event.ctrlKey || event.altKey || event.metaKey) return;
    const found = all();
    const at = Math.min(found.length - 1, Math.max(0, found.indexOf(event.target) + step));
    event.preventDefault();
    found[at].focus();
  });
  /** Let one be reached by Tab, if none is. */
  return () => {
    const found = all();
    if (found.length && !found.some((one) => one.tabIndex === 0)) found[0].tabIndex = 0;
  };
}
