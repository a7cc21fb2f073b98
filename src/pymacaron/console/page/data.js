// What the page knows of the service: asked for again and again, of each of its processes that answers.

const PATIENCE = 1000, IN_PRODUCTION = 2500; // milliseconds between two questions; servers keep a connection for two seconds
const MOST_CALLS = 1000;
const MOST_PROCESSES = 40;
const AT_ONCE = 5; // questions in production: a connection leads to one process as long as it is kept
const TOKEN = "pymacaron-console-token";

export const known = {
  facts: null, // of the process that has answered last
  processes: new Map(), // id -> {number, now, pid, operations, troubles, breaches, tasks, course, slot}
  calls: new Map(), // "process:number" -> row, the oldest first
  reports: new Map(), // "process:id" -> what the service told of an error
  now: 0,
};
const listeners = new Set();
let paused = false;
let timer = null;
let failures = 0;

/** Call a function with the keys of calls that are new, whenever something is. */
export const listen = (listener) => listeners.add(listener);
let tell = () => {}; // how it goes: "live", "paused", "away", "token"

function headers(more = {}) {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

export function setToken(text) {
  sessionStorage.setItem(TOKEN, text.replace(/^Bearer\s+/i, "").trim());
  again(0);
}

export async function ask(path, options = {}) {
  return fetch(`console/${path}`, { ...options, headers: headers(options.headers), cache: "no-store" });
}

/** How many processes of the service have answered, and have not ended as far as is known. */
export const alive = () => [...known.processes.values()].filter((one) => !one.ended).length;

/** What one process of the service knows: others may answer first. */
export async function askProcess(path, process) {
  if (known.processes.get(process)?.ended) return null;
  const one = () => ask(`${path}?process=${encodeURIComponent(process)}`);
  for (let at = alive() > 1 ? 6 : 1; at > 0; at -= 1) {
    const answers = await Promise.all(Array.from({ length: alive() > 1 ? AT_ONCE : 1 }, one));
    const found = answers.find((answer) => answer.status !== 404);
    if (found) return found.ok ? found.json() : null;
  }
  return null;
}

export async function act(path, body) {
  const cookie = document.cookie.split("; ").find((one) => one.startsWith("pymacaron_console="));
  const sent = { "X-Pymacaron-Console": cookie?.slice(cookie.indexOf("=") + 1) ?? "", "Content-Type": "application/json" };
  const text = JSON.stringify({ ...body, once: crypto.getRandomValues(new Uint32Array(3)).join("-") });
  const one = () => ask(path, { method: "POST", headers: sent, body: text });
  let answer;
  for (let at = alive() > 1 ? 6 : 1; at > 0; at -= 1) { // who does not know it does nothing, and nobody does it twice
    const answers = await Promise.all(Array.from({ length: alive() > 1 ? AT_ONCE : 1 }, one));
    answer = answers.find((found) => found.status !== 404) ?? answers[0];
    if (answer.status !== 404) break;
  }
  const told = await answer.json().catch(() => ({}));
  return answer.ok ? told : { fault: told.error_description || `The service answers ${answer.status}` };
}

export function begin(how) {
  tell = how;
  document.addEventListener("visibilitychange", () => { if (!document.hidden) again(0); });
  again(0);
}

export function pause(value) {
  paused = value;
  tell(paused ? "paused" : "live");
  if (!paused) again(0);
}

function again(pause = known.facts?.in_development === false ? IN_PRODUCTION : PATIENCE) {
  clearTimeout(timer);
  timer = setTimeout(poll, pause);
}

async function poll() {
  if (paused || document.hidden) return;
  const since = [...known.processes].map(([id, one]) => `${id}:${one.number}`).join(",");
  const told = await Promise.all(Array.from({ length: known.facts?.in_development === false ? AT_ONCE : 1 }, () => news(since)));
  const answer = told.find((one) => one?.ok) ?? told[0];
  if (paused) return;
  if (answer?.ok) {
    failures = 0;
    known.now = answer.status === 204 ? Date.now() / 1000 : known.now;
    tell("live");
    again();
  } else if (answer && (answer.status === 401 || answer.status === 403)) {
    const told = await answer.json().catch(() => ({}));
    tell("token", told.error_description ?? "", answer.status);
  } else {
    failures += 1;
    tell("away");
    again(Math.min(10000, PATIENCE * 1.5 ** failures));
  }
}

async function news(since) {
  try {
    const answer = await ask(`state?since=${since}`);
    if (answer.status === 200) take(await answer.json());
    return answer;
  } catch {
    return null;
  }
}

function take(state) {
  const { id, ...facts } = state.process;
  known.facts = facts;
  known.now = state.now;
  let one = known.processes.get(id);
  if (!one || state.number < one.number) {
    if (facts.in_development) for (const [other, old] of known.processes) known.processes.set(other, { ...empty(old), number: old.number, ended: true });
    one = empty(facts);
  }
  known.processes.delete(id); // the one that has answered last comes last
  known.processes.set(id, one);
  while (known.processes.size > MOST_PROCESSES) known.processes.delete(known.processes.keys().next().value);
  one.number = state.number;
  one.course = state.course;
  one.slot = state.slot;
  for (const told of state.operations) one.operations.set(`${told.method} ${told.path}`, told);
  for (const told of state.breaches) one.breaches.set(`${told.operation} ${told.status} ${told.fault}`, told);
  for (const told of state.tasks) one.tasks.set(told.id, told);
  for (const told of state.troubles) one.troubles.set(told.id, told);
  const added = [];
  for (const row of state.calls) {
    const key = `${id}:${row.number}`;
    if (!known.calls.has(key)) added.push(key);
    known.calls.set(key, { ...row, process: id });
  }
  while (known.calls.size > MOST_CALLS) known.calls.delete(known.calls.keys().next().value);
  for (const listener of listeners) listener(added);
  keepReports(id, state.troubles);
}

const empty = (facts) => ({
  ...facts, number: 0, operations: new Map(), troubles: facts.troubles ?? new Map(), breaches: new Map(), tasks: new Map(),
  course: [],
});

/** Reports are kept here: a server of a developer starts again when a file changes, and knows nothing then. */
async function keepReports(id, troubles) {
  for (const told of troubles.slice(-20)) if (told.has_report) await reportOf(id, told.id, told.count);
}

export async function reportOf(process, id, seen) {
  const key = `${process}:${id}`;
  const kept = known.reports.get(key);
  if (kept && kept.count === seen) return kept;
  const found = await askProcess(`errors/${id}`, process).catch(() => null);
  if (found) known.reports.set(key, found);
  while (known.reports.size > 200) known.reports.delete(known.reports.keys().next().value);
  return found ?? kept ?? null;
}

/** What all processes tell, under their keys; `merge` makes one of two. */
export function merged(part, merge) {
  const all = new Map();
  for (const [id, one] of known.processes) {
    for (const [key, told] of one[part]) {
      const before = all.get(key);
      const found = { ...told, process: id };
      all.set(key, before ? merge(before, found) : found);
    }
  }
  return [...all.values()];
}

/** The calls that are known by their spans. */
export function callOfSpan(span) {
  for (const [key, row] of known.calls) if (row.span === span) return key;
  return null;
}
