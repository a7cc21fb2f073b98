// What has gone wrong: one line for each kind, and its report.

import { known, merged, reportOf, callOfSpan } from "./data.js";
import { message } from "./calls.js";
import { ago, copyButton, count, fineClock, h, roving } from "./dom.js";
import { runAgain } from "./replay.js";

let list, show, refresh;
const KINDS = { crash: "crash", slow: "slow", error: "report" };

export function begin(section, open) {
  show = open;
  list = h("ul", { class: "rows" });
  section.append(list);
  refresh = roving(list, "button.row");
}

function all() {
  const found = new Map();
  for (const told of merged("troubles", (_, other) => other).concat(others())) {
    const key = `${told.kind} ${told.title}`;
    const before = found.get(key);
    const one = { ...told, key, places: [{ process: told.process, id: told.id, count: told.count }] };
    found.set(key, before ? { ...(before.last > one.last ? before : one), count: before.count + one.count, first: Math.min(before.first, one.first), places: [...before.places, ...one.places] } : one);
  }
  return [...found.values()].sort((a, b) => b.last - a.last);
}

/** Ids of errors are those of a process: `merged` keeps one of each, these are the rest. */
function others() {
  const kept = new Set(merged("troubles", (_, other) => other).map((told) => `${told.process}:${told.id}`));
  return [...known.processes].flatMap(([process, one]) => [...one.troubles.values()].filter((told) => !kept.has(`${process}:${told.id}`)).map((told) => ({ ...told, process })));
}

export function draw(selected) {
  const found = all();
  const focused = document.activeElement?.closest?.("#errors [data-key]")?.dataset.key;
  list.replaceChildren(...found.map((told) => {
    const [start, ...rest] = told.title.split(/: (.*)/s);
    return h("li", {}, h("button", { type: "button", class: `row${told.key === selected ? " selected" : ""}`, tabindex: -1, "data-key": told.key, onclick: () => show("error", told.key) },
      h("span", { class: `chip ${told.kind}` }, KINDS[told.kind] ?? told.kind),
      h("span", { class: "text" }, h("b", {}, start), rest[0] ? ` ${rest[0]}` : null),
      h("span", { class: "times" }, told.count > 1 ? `${count(told.count)} × ` : "", h("span", { class: "dim" }, ago(told.last, known.now)))));
  }));
  if (!found.length) {
    const off = known.facts && !known.facts.reports ? " Crash reports are switched off in this process (NO_ERROR_REPORTING=1), so there will be no reports of them." : "";
    list.replaceChildren(h("li", { class: "empty" }, `Nothing has gone wrong.${off}`));
  }
  if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  refresh();
  return found.length;
}

export async function panel(key) {
  const told = all().find((one) => one.key === key);
  if (!told) return [h("h2", {}, "An error of the past")];
  let found = null;
  for (const { process, id, count: seen } of told.places.toReversed()) found = found ?? await reportOf(process, id, seen);
  const head = h("h2", { class: "title" }, told.title);
  const facts = h("p", { class: "facts" }, h("span", {}, `${count(told.count)} time${told.count === 1 ? "" : "s"}`), h("span", {}, `first ${fineClock(told.first)}`), h("span", {}, `last ${fineClock(told.last)}`));
  const calls = (found?.known ?? []).map((row) => [row, callOfSpan(row.span)]).filter(([, one]) => one).slice(-8).reverse();
  const links = calls.length ? h("p", { class: "facts" }, "Calls: ", calls.map(([row, one]) => h("button", { type: "button", class: "link", onclick: () => show("call", one) }, fineClock(row.at)))) : null;
  const report = found?.report;
  if (!report) return [head, facts, links, h("p", { class: "empty" }, "There is no report of it: operations have reports, and functions with @crash_handler.")];
  return [
    head, facts, links,
    report.capsule && runAgain({ process: found.process, number: numberOf(found, report), error: found.id, capsule: report.capsule, then: report.response }),
    report.data && h("details", { open: true, class: "message" }, h("summary", {}, "Data"), h("pre", { tabindex: 0 }, JSON.stringify(report.data, null, 2))),
    (report.stack ?? []).map(exception),
    report.request && message("Request", report.request),
    report.response && message("Answer", report.response),
    report.curl && [h("h3", {}, "curl ", copyButton(report.curl)), h("pre", { class: "curl", tabindex: 0 }, report.curl)],
    h("details", { class: "message" }, h("summary", {}, "The report as reporters get it"), h("pre", { tabindex: 0 }, JSON.stringify(report, null, 2))),
  ];
}

const numberOf = (found, report) => found.known?.find((row) => row.span === report.trace?.span_id)?.number ?? null;

function exception(told) {
  const frames = told.frames ?? [];
  const isOurs = (frame) => /(?:^|\/)pymacaron\//.test(frame.file);
  const shown = Math.max(frames.findLastIndex((frame) => !isOurs(frame)), frames.every(isOurs) ? frames.length - 1 : -1);
  const item = (frame, at) => h("li", { class: isOurs(frame) ? "ours" : null }, h("details", { open: at === shown }, h("summary", {}, h("code", { class: "code" }, frame.code || frame.function), h("span", { class: "dim" }, ` ${frame.function} · ${short(frame.file)}:${frame.line}`)), locals(frame.locals ?? {})));
  const items = frames.map(item);
  const called = frames.findLastIndex((frame) => /(?:^|\/)pymacaron\/endpoints\.py$/.test(frame.file)) + 1;
  const before = items.splice(0, called);
  const folded = before.length ? h("li", { class: "ours" }, h("details", {}, h("summary", {}, `${before.length} frames that lead to the function`), h("ol", {}, before))) : null;
  return h("div", { class: "stack" }, told.exception && h("h3", {}, h("span", { class: "bad" }, told.exception), told.text ? `: ${told.text}` : ""), h("ol", {}, folded, items));
}

const locals = (all) => h("table", { class: "pairs" }, h("tbody", {}, Object.entries(all).map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, typeof value === "string" ? value : JSON.stringify(value))))));

const short = (path) => String(path).split("/").slice(-3).join("/");
