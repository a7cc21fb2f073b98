// A call made again, and both answers side by side.

import { act } from "./data.js";
import { h, kind, ms } from "./dom.js";

/**
 * A button that makes a call again.
 * @param call the process and the number of the call, its capsule, and what was answered then.
 */
export function runAgain(call) {
  const fields = h("div", { class: "fields" });
  const outcome = h("div", { class: "outcome", "aria-live": "polite" });
  const button = h("button", { type: "submit" }, "Replay");
  const hint = h("span", { class: "dim" }, "asks the service again, with everything that it does");
  const form = h("form", { class: "replay", onsubmit: run }, h("div", { class: "bar" }, button, hint), fields, outcome);

  async function run(event) {
    event.preventDefault();
    const values = {};
    for (const input of fields.querySelectorAll("input")) if (input.value) values[input.name] = input.value;
    button.disabled = true;
    const told = await act("replay", { process: call.process, number: call.number, error: call.error, capsule: call.capsule, values });
    button.disabled = false;
    if (told.fault && !told.response) {
      outcome.replaceChildren(h("p", { class: "fault", role: "alert" }, told.fault));
      if (!fields.childElementCount) askFor(call.capsule?.secrets ?? {});
      return;
    }
    fields.replaceChildren();
    outcome.replaceChildren(h("div", { class: "sides" }, call.then && side("Then", call.then, told.response), side("Now", told.response, call.then, told)));
  }

  /** Secrets are not in a report: whoever has them says them again. */
  function askFor(secrets) {
    fields.replaceChildren(...Object.keys(secrets).map((name) => {
      const input = h("input", { name, type: "password", autocomplete: "off" });
      return h("label", {}, name === "token" ? "token (without Bearer)" : name, input);
    }));
    fields.querySelector("input")?.focus();
  }

  return form;
}

/** One of the two answers; what the other one has not is marked. */
function side(title, answer, other, told) {
  const lines = linesOf(answer), others = new Set(linesOf(other));
  const marked = lines.map((line) => [others.has(line) ? line : h("mark", {}, line), "\n"]);
  const took = told ? ` in ${ms(told.row?.ms ?? told.ms)}` : "";
  return h("section", {}, h("h4", {}, `${title} `, h("span", { class: `status ${kind(answer?.status)}` }, String(answer?.status ?? "no answer")), h("span", { class: "dim" }, took)), h("pre", { tabindex: 0 }, marked));
}

function linesOf(answer) {
  const body = answer?.body ? Object.entries(answer.body)[0] : null;
  const text = !body ? "no body" : body[0] === "json" ? JSON.stringify(body[1], null, 2) : String(body[1]);
  return text.split("\n");
}
