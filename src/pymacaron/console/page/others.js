// Tasks, what breaks the document, and how long operations take.

import { act, callOfSpan, known, merged } from "./data.js";
import { ago, clock, count, h, kind, method, ms } from "./dom.js";
import { histogram, lines, mergeClasses, mergedCourse, percentile } from "./plots.js";

let show = () => {};
export const begin = (open) => { show = open; };

const heads = (...names) => h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col", class: /^(?:p\d|Slowest|Calls|Times|Waited|Took|Failed)$/.test(name) ? "number" : null }, name))));
const empty = (text) => h("p", { class: "empty" }, text);

function callLink(span, text) {
  const key = span && callOfSpan(span);
  return key ? h("button", { type: "button", class: "link", onclick: () => show("call", key) }, text) : null;
}

// Tasks

const ORDER = { running: 0, queued: 1, unknown: 2 };

export function tasks(section) {
  const found = merged("tasks", (_, other) => other).sort((a, b) => (ORDER[a.state] ?? 3) - (ORDER[b.state] ?? 3) || b.at - a.at);
  if (!found.length) {
    const off = known.facts && !known.facts.tasks ? " Tasks are off (`with_async` in pym-config.yaml)." : "";
    section.replaceChildren(empty(`No task was fired by this service.${off}`));
    return 0;
  }
  const states = ["queued", "running", "done", "failed", "cancelled"].map((state) => [state, found.filter((task) => task.state === state).length]);
  section.replaceChildren(
    h("p", { class: "facts" }, states.filter(([, number]) => number).map(([state, number]) => h("span", {}, h("span", { class: `state ${state}` }, state), ` ${count(number)}`))),
    h("table", {}, heads("Fired", "Task", "State", "Waited", "Took", "", "By"), h("tbody", {}, found.slice(0, 300).map(task))));
  return found.filter((one) => one.state === "queued" || one.state === "running").length;
}

const whole = (time) => (time < 1000 ? `${time} ms` : ms(time));

function task(told) {
  const isOpen = told.state === "queued" || told.state === "running";
  const cancel = isOpen ? h("button", { type: "button", class: "small", onclick: (event) => { event.target.disabled = true; act(`tasks/${told.id}/cancel`, {}); } }, "Cancel") : null;
  return h("tr", {}, h("td", { class: "time" }, clock(told.at)), h("td", {}, h("code", {}, told.name)),
    h("td", {}, h("span", { class: `state ${told.state}` }, told.state), told.tries ? h("span", { class: "dim" }, ` after ${told.tries + 1} tries`) : null, told.code ? h("span", { class: "code" }, [told.code, told.kind].filter(Boolean).join(" ")) : null),
    h("td", { class: "number dim" }, told.waited === null ? (isOpen ? ago(told.at, known.now) : "–") : whole(told.waited)),
    h("td", { class: "number" }, ms(told.ms)),
    h("td", {}, cancel), h("td", {}, callLink(told.parent, "its call")));
}

// What breaks the document

export function contract(section) {
  const found = merged("breaches", (one, other) => ({ ...(one.last > other.last ? one : other), count: one.count + other.count, first: Math.min(one.first, other.first) }));
  if (!found.length) {
    const checks = known.facts?.checks;
    const how = { off: "Answers are not checked: validate_responses is off.", sample: "The first answer of each status is checked, then one in a hundred (validate_responses: sample)." }[checks] ?? "Every answer is checked.";
    section.replaceChildren(empty(`All answers have kept to the document. ${how}`));
    return 0;
  }
  const groups = Map.groupBy?.(found, (told) => told.operation) ?? group(found);
  section.replaceChildren(h("p", { class: "dim about" }, "Answers that broke the document, by operation and place."), ...[...groups].map(([operation, broken]) => h("article", {},
    h("h3", {}, method(operation.split(" ")[0]), " ", h("code", {}, operation.slice(operation.indexOf(" ") + 1)), h("span", { class: "dim" }, ` ${count(broken.reduce((sum, told) => sum + told.count, 0))} times`)),
    h("table", {}, heads("Status", "Place and fault", "Times", "Last", "", ""), h("tbody", {}, broken.sort((a, b) => b.count - a.count).map((told) => h("tr", {},
      h("td", { class: `status ${kind(told.status)}` }, String(told.status)), h("td", {}, fault(told.fault)),
      h("td", { class: "number" }, count(told.count)), h("td", { class: "dim" }, ago(told.last, known.now)),
      h("td", { class: "dim" }, told.is_sent ? "sent all the same" : "replaced by a 500"), h("td", {}, callLink(told.span, "the last call")))))))));
  return found.length;
}

function group(found) {
  const groups = new Map();
  for (const told of found) groups.set(told.operation, [...(groups.get(told.operation) ?? []), told]);
  return groups;
}

function fault(text) {
  const [, place, rest] = /^((?:body|header)[^ ]*): (.*)$/s.exec(text) ?? [null, null, text];
  return [place && h("code", {}, place), place && " ", rest];
}

// How long operations take

const COLUMNS = [
  ["Operation", (one) => one.path], ["Calls", (one) => -one.count], ["Failed", (one) => -one.failed], ["p50", (one) => -(one.p50 ?? -1)],
  ["p95", (one) => -(one.p95 ?? -1)], ["p99", (one) => -(one.p99 ?? -1)], ["Slowest", (one) => -one.slowest],
];
let sorted = 1;

export function latency(section) {
  const found = merged("operations", (one, other) => ({
    ...one, count: one.count + other.count, failed: one.failed + other.failed, refused: one.refused + other.refused,
    slowest: Math.max(one.slowest, other.slowest), classes: mergeClasses(one.classes, other.classes),
  }));
  const called = found.filter((one) => one.count).map(withPercentiles);
  const never = found.filter((one) => !one.count);
  const key = COLUMNS[sorted][1];
  called.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  const latest = [...known.processes.values()].at(-1);
  const focused = document.activeElement?.closest?.("#latency th button")?.dataset.column;
  section.replaceChildren(...[
    lines(points(), { now: known.now, slot: latest?.slot, width: Math.max(320, section.clientWidth - 36) }),
    called.length ? h("table", { class: "latency" }, h("caption", { class: "unseen" }, "How long operations take"), sortable(section), h("tbody", {}, called.map(operation))) : empty("No operation was called yet."),
    never.length ? h("section", { class: "never" }, h("h3", {}, `Never called since the start (${never.length})`), h("ul", {}, never.map((one) => h("li", {}, method(one.method), " ", h("code", {}, one.path), " ", h("span", { class: "dim" }, one.name))))) : null,
  ].filter(Boolean));
  if (focused) section.querySelector(`th button[data-column="${focused}"]`)?.focus();
  return never.length;
}

function withPercentiles(one) {
  const at = (share) => Math.min(percentile(one.classes, share), one.slowest); // a class is wider than what is in it
  return { ...one, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function sortable(section) {
  const head = (name, at) => h("th", { scope: "col", class: at ? "number" : null, "aria-sort": at === sorted ? (at ? "descending" : "ascending") : null },
    h("button", { type: "button", class: "link", "data-column": at, onclick: () => { sorted = at; latency(section); section.querySelector(`th button[data-column="${at}"]`)?.focus(); } }, name, at === sorted ? (at ? " ↓" : " ↑") : ""));
  return h("thead", {}, h("tr", {}, COLUMNS.map(([name], at) => head(name, at)), h("th", { scope: "col" }, h("span", { class: "scale" }, ["0.1 ms", "1", "10", "100", "1 s"].map((text) => h("span", {}, text))))));
}

function operation(one) {
  const failed = one.failed ? h("span", { class: "bad" }, count(one.failed)) : h("span", { class: "dim" }, "0");
  return h("tr", {}, h("td", { class: "what" }, method(one.method), " ", h("code", {}, one.path), one.refused ? h("span", { class: "dim" }, ` ${count(one.refused)} refused`) : null),
    h("td", { class: "number" }, count(one.count)), h("td", { class: "number" }, failed),
    [one.p50, one.p95, one.p99, one.slowest].map((value) => h("td", { class: "number" }, ms(value))), h("td", { class: "plot" }, histogram(one.classes, 190, 24)));
}

/** The points over time of all processes. */
export const points = () => mergedCourse([...known.processes.values()].map((one) => one.course));
