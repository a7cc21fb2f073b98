// The calls as they come, and one of them with its tree.

import { known, askProcess, callOfSpan } from "./data.js";
import { clock, copyButton, fineClock, h, kind, method, ms, roving } from "./dom.js";
import { runAgain } from "./replay.js";

const MOST = 300; // rows that are shown
const rows = new Map(); // key -> tr, the youngest first
let body, note, refresh, words = [], show = () => {};

export function begin(section, open) {
  show = open;
  body = h("tbody");
  note = h("p", { class: "empty" }, "No call yet. They appear here as the service is called.");
  const head = h("thead", {}, h("tr", {}, ["Time", "", "Path", "Status", "Took", "Who", "Call"].map((name, at) => h("th", { scope: "col", class: `c${at}` }, name))));
  section.append(note, h("table", { class: "calls" }, h("caption", { class: "unseen" }, "Calls, the youngest first"), head, body));
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row && !window.getSelection()?.toString()) show("call", row.dataset.key);
  });
  refresh = roving(body, "button.path");
}

export function add(keys) {
  for (const key of keys.slice(-MOST)) {
    const told = known.calls.get(key);
    const row = rowOf(key, told);
    rows.set(key, row);
    row.hidden = !fits(told);
    let before = body.firstElementChild; // processes tell of their calls one after the other
    while (before && known.calls.get(before.dataset.key)?.at > told.at) before = before.nextElementSibling;
    body.insertBefore(row, before);
  }
  while (rows.size > MOST) {
    const [key, row] = rows.entries().next().value;
    if (row.contains(document.activeElement)) body.querySelector("button.path")?.focus();
    row.remove();
    rows.delete(key);
  }
  said();
}

function said() {
  const shown = [...rows.values()].filter((row) => !row.hidden).length;
  note.hidden = shown > 0;
  note.textContent = rows.size ? "No call of those that are kept fits the filter." : "No call yet. They appear here as the service is called.";
  body.parentElement.hidden = !shown;
  refresh();
}

export function select(key) {
  for (const [one, row] of rows) row.classList.toggle("selected", one === key);
}

function rowOf(key, row) {
  const who = [row.user, row.caller && `from ${row.caller}`].filter(Boolean).join(" ");
  const width = Math.min(100, Math.max(2, (Math.log10(Math.max(row.ms, 0.1)) + 1) * 20));
  return h("tr", { "data-key": key },
    h("td", { class: "c0 time" }, clock(row.at)),
    h("td", { class: "c1" }, method(row.method)),
    h("td", { class: "c2" }, h("button", { type: "button", class: "path", tabindex: -1 }, row.path), row.operation && h("span", { class: "dim operation" }, row.operation)),
    h("td", { class: `c3 status ${kind(row.status, row.complete)}` }, String(row.status), !row.complete && " broke off", row.code && h("span", { class: "code" }, row.code)),
    h("td", { class: "c4 took" }, ms(row.ms), h("span", { class: "meter", "aria-hidden": "true" }, meter(width))),
    h("td", { class: "c5 who" }, who),
    h("td", { class: "c6 id" }, row.id.slice(0, 8)));
}

function meter(width) {
  const bar = h("i");
  bar.style.width = `${width}%`;
  return bar;
}

// Filtering: words that all have to fit.

export function filter(text) {
  words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const [key, row] of rows) row.hidden = !fits(known.calls.get(key));
  said();
}

function fits(row) {
  return words.every((word) => {
    const status = /^([1-5])xx$/.exec(word);
    if (status) return String(row.status)[0] === status[1];
    const time = /^([<>])(\d+(?:\.\d+)?)(?:ms)?$/.exec(word);
    if (time) return time[1] === ">" ? row.ms > Number(time[2]) : row.ms < Number(time[2]);
    const said = [row.method, row.path, row.operation, row.status, row.user, row.caller, row.id, row.code];
    return said.some((one) => one !== null && String(one).toLowerCase().includes(word));
  });
}

// One call

const details = new Map();

export async function detailOf(key) {
  if (!details.has(key)) {
    const row = known.calls.get(key);
    const found = row && await askProcess(`calls/${row.number}`, row.process).catch(() => null);
    if (!found) return null;
    details.set(key, found);
    if (details.size > 100) details.delete(details.keys().next().value);
    setTimeout(() => details.delete(key), 3000); // its tree may still grow
  }
  return details.get(key);
}

/** What the panel shows of a call. */
export async function panel(key) {
  const row = known.calls.get(key);
  if (!row) return [h("h2", {}, "A call of the past"), h("p", { class: "empty" }, "It is not known any more: the last thousand calls of a process are.")];
  const found = await detailOf(key);
  const head = h("h2", {}, method(row.method), " ", h("span", { class: "what" }, row.path));
  const facts = [
    h("span", { class: `status ${kind(row.status, row.complete)}` }, String(row.status)), row.code && h("code", {}, row.code), ms(row.ms), fineClock(row.at),
    row.user && `user ${row.user}`, row.caller && `from ${row.caller}`,
  ].filter(Boolean).map((fact) => h("span", {}, fact));
  const ids = h("p", { class: "ids" }, "call ", h("code", {}, row.id), " ", copyButton(row.id, "Copy id"));
  if (!found) return [head, h("p", { class: "facts" }, facts), ids, h("p", { class: "empty" }, "The process that has answered this call has ended, or has forgotten it.")];
  return [
    head, h("p", { class: "facts" }, facts), ids,
    found.tree.length ? [h("h3", {}, "Tree"), tree(found.tree, row.span)] : null,
    found.request ? [runAgain({ process: found.process, number: row.number, capsule: found.capsule, then: found.response }), message("Request", found.request), message("Answer", found.response)] : null,
    found.left_out && h("p", { class: "empty" }, found.left_out),
    found.curl && [h("h3", {}, "curl ", copyButton(found.curl)), h("pre", { class: "curl", tabindex: 0 }, found.curl)],
  ];
}

/** A request or an answer: its head, and its body. */
export function message(title, told) {
  const headers = told.headers ?? [];
  const listed = Array.isArray(headers) ? headers : Object.entries(headers);
  const first = told.method ? `${told.method} ${told.path}${told.query ? `?${told.query}` : ""}` : String(told.status ?? "");
  return h("details", { open: true, class: "message" }, h("summary", {}, title),
    first && h("p", { class: "line" }, h("code", {}, first)),
    h("table", { class: "pairs" }, h("tbody", {}, listed.map(([name, text]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, text))))),
    content(told.body));
}

function content(body) {
  if (!body) return h("p", { class: "dim" }, "no body");
  const [[name, value]] = Object.entries(body);
  if (name === "left_out") return h("p", { class: "dim" }, `body not kept: ${value}`);
  return h("pre", { tabindex: 0 }, name === "json" ? JSON.stringify(value, null, 2) : String(value));
}

/** Calls below their callers, each with when it was and how long it took. */
function tree(nodes, own) {
  const spans = new Set(nodes.map((node) => node.span).filter(Boolean));
  const begin = Math.min(...nodes.map((node) => node.began));
  const end = Math.max(...nodes.map((node) => node.began + (node.ms ?? 0) / 1000));
  const below = (parent) => nodes.filter((node) => (spans.has(node.parent) && node.parent !== node.span ? node.parent : null) === parent);
  const item = (node) => {
    const inner = node.span ? below(node.span) : [];
    return h("li", {}, line(node, begin, Math.max(end - begin, 1e-6), node.span === own), inner.length ? h("ul", {}, inner.map(item)) : null);
  };
  return h("ul", { class: "tree" }, below(null).map(item));
}

function line(node, begin, whole, isOwn) {
  const bar = h("i", { class: node.kind });
  bar.style.marginLeft = `${(100 * (node.began - begin)) / whole}%`;
  bar.style.width = `${Math.max(0.8, (100 * (node.ms ?? 0)) / 1000 / whole)}%`;
  const key = node.kind === "call" && !isOwn ? callOfSpan(node.span) : null;
  const name = node.kind === "call" ? `${node.method} ${node.operation || node.path}` : node.operation;
  const label = key ? h("button", { type: "button", class: "link", onclick: () => show("call", key) }, name) : h(isOwn ? "b" : "span", {}, name);
  const outcome = node.kind === "task" ? h("span", { class: `state ${node.state}` }, node.state)
    : h("span", { class: `status ${kind(node.status, node.complete ?? true)}` }, node.status ?? node.code ?? "no answer");
  const about = node.kind === "client" ? h("span", { class: "dim" }, node.path) : node.kind === "task" ? h("span", { class: "dim" }, "task") : null;
  return h("div", { class: "node" }, h("div", { class: "words" }, label, " ", outcome, " ", about, h("span", { class: "took" }, node.ms === null ? "" : ms(node.ms))), h("div", { class: "waterfall", "aria-hidden": "true" }, bar));
}
