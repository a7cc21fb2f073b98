// The page: its views, what is open in its panel, and its keys.

import * as calls from "./calls.js";
import { alive, begin, known, listen, pause, setToken } from "./data.js";
import { h } from "./dom.js";
import * as errors from "./errors.js";
import * as others from "./others.js";
import { course } from "./plots.js";

const $ = (id) => document.getElementById(id);
const VIEWS = ["calls", "errors", "tasks", "contract", "latency"];
const DRAW = { calls: () => known.calls.size, errors: () => errors.draw(open?.key), tasks: () => others.tasks($("tasks")), contract: () => others.contract($("contract")), latency: () => others.latency($("latency")) };
let view = "calls";
let open = null; // what the panel shows: {kind, key, from}

// Views

function go(name, focus = false) {
  view = VIEWS.includes(name) ? name : "calls";
  for (const one of VIEWS) {
    $(one).hidden = one !== view;
    $(`tab-${one}`).setAttribute("aria-selected", String(one === view));
    $(`tab-${one}`).tabIndex = one === view ? 0 : -1;
  }
  $("filter").hidden = view !== "calls";
  if (focus) $(`tab-${view}`).focus();
  if (location.hash !== `#/${view}`) history.replaceState(null, "", `#/${view}`);
  close(false);
  draw();
}

/** The view that is seen is drawn; of the others only how much there is. */
function draw() {
  const isHeld = view === "tasks" && document.activeElement?.closest("#tasks");
  const shown = { [view]: isHeld ? null : DRAW[view]() };
  if (view !== "errors") shown.errors = DRAW.errors();
  badge("errors", shown.errors);
  if (view !== "contract") shown.contract = others.contract($("contract"));
  badge("contract", shown.contract);
  if (view !== "tasks") shown.tasks = others.tasks($("tasks"));
  if (shown.tasks !== null) badge("tasks", shown.tasks);
  const latest = [...known.processes.values()].at(-1);
  $("course").replaceChildren(course(others.points(), { now: known.now, slot: latest?.slot }));
}

function badge(name, number) {
  const place = $(`tab-${name}`).querySelector("b");
  place.textContent = number ? String(number) : "";
}

for (const name of VIEWS) $(`tab-${name}`).addEventListener("click", () => go(name));
$("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const to = step ? VIEWS[(VIEWS.indexOf(view) + step + VIEWS.length) % VIEWS.length] : { Home: VIEWS[0], End: VIEWS.at(-1) }[event.key];
  if (!to) return;
  event.preventDefault();
  go(to, true);
});
window.addEventListener("hashchange", () => go(location.hash.slice(2)));

// The panel

async function show(kind, key) {
  const wanted = { kind, key, from: open?.from ?? document.activeElement };
  open = wanted;
  calls.select(kind === "call" ? key : null);
  $("main").classList.add("split");
  fill(kind, h("p", { class: "empty" }, "One moment"));
  $("detail").hidden = false;
  $("detail").focus({ preventScroll: true });
  const parts = await (kind === "call" ? calls.panel(key) : errors.panel(key));
  if (open !== wanted) return;
  fill(kind, ...[parts].flat(Infinity).filter(Boolean));
  $("detail").scrollTop = 0;
  if (kind === "error") errors.draw(key);
}

function fill(kind, ...parts) {
  const shut = h("button", { type: "button", class: "small", title: "Escape", onclick: () => close() }, "Close");
  $("detail").replaceChildren(h("div", { class: "panel-bar" }, h("span", { class: "dim" }, kind === "call" ? "Call" : "Error"), shut), ...parts);
}

function close(focus = true) {
  const from = open?.from;
  open = null;
  calls.select(null);
  $("detail").hidden = true;
  $("detail").replaceChildren();
  $("main").classList.remove("split");
  if (!focus) return;
  const place = from?.isConnected ? from : document.querySelector(`#${view} [tabindex="0"]`);
  (place ?? $(`tab-${view}`)).focus();
}

// How it goes

const TEXTS = { live: "live", paused: "paused", away: "the service is away" };

function tell(how, fault, status) {
  $("token").hidden = how !== "token";
  $("main").hidden = how === "token";
  if (how === "token") {
    $("token-fault").textContent = status === 403 || sessionStorage.length ? fault : "";
    $("live").dataset.how = "away";
    $("live-text").textContent = "no token";
    $("token-text").focus();
    return;
  }
  if ($("live").dataset.how === how) return;
  $("live").dataset.how = how;
  $("live-text").textContent = TEXTS[how];
}

listen((added) => {
  const { name, pid, in_development: dev } = known.facts;
  $("name").textContent = name;
  document.title = `${name}: console`;
  $("where").textContent = `${dev ? "development" : "production"} · ${alive() > 1 ? `${alive()} processes` : `process ${pid}`}`;
  calls.add(added);
  draw();
});

$("pause").addEventListener("click", () => toggle());
function toggle() {
  const isPaused = $("pause").getAttribute("aria-pressed") !== "true";
  $("pause").setAttribute("aria-pressed", String(isPaused));
  $("pause").textContent = isPaused ? "Go on" : "Pause";
  pause(isPaused);
}
$("filter").addEventListener("input", (event) => calls.filter(event.target.value));
$("token").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken($("token-text").value);
  $("token-text").value = "";
});

document.addEventListener("keydown", (event) => {
  const isTyping = /^(?:INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "Escape" && open && !isTyping) close();
  else if (event.key === "Escape" && event.target === $("filter")) event.target.blur();
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    go("calls");
    $("filter").focus();
  } else if (event.key === "p") toggle();
  else if (VIEWS[Number(event.key) - 1]) go(VIEWS[Number(event.key) - 1], true);
});

calls.begin($("calls"), show);
errors.begin($("errors"), show);
others.begin(show);
go(location.hash.slice(2));
begin(tell);
