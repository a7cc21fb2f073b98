// The form of an operation: what is filled in becomes a request, which the service answers.
import { showAnswer, showFailure, showSent } from "./answers.js";
import { addressOf, curlOf, headerText, pairs } from "./requests.js";
import { keep, kept, root, theToken } from "./token.js";

// Browsers leave out what pages say in these (Fetch Standard, forbidden request-header).
const FORBIDDEN = /^(proxy-.*|sec-.*|accept-(charset|encoding)|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|referer|te|trailer|transfer-encoding|upgrade|via)$/i;

class Mistake extends Error {
  constructor(control, text) {
    super(text);
    this.control = control;
  }
}

/** What a control holds; undefined if nothing. */
function valueOf(control) {
  const { kind, name } = control.dataset;
  if (kind === "file") return control.files[0];
  if (kind === "files") return control.files.length ? [...control.files] : undefined;
  const text = control.value;
  if (text === "") return undefined;
  if (kind === "lines") return text.split("\n").filter((line) => line !== "");
  if (kind !== "json") return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Mistake(control, `${name} is no JSON: ${error.message}`);
  }
}

/** All fields that are filled in, of the form or of a part of it. */
function fieldsOf(place) {
  const found = [];
  for (const control of place.querySelectorAll("[data-place]:not(:disabled)")) {
    if (control.closest("fieldset[disabled]")) continue;
    const { name, place: where, style, kind } = control.dataset;
    const value = valueOf(control);
    if (value !== undefined) found.push({ name, place: where, style, explode: "explode" in control.dataset, kind, value });
  }
  return found;
}

function credentialsOf(form) {
  const found = { headers: [], query: [], cookies: [] };
  const by = {};
  for (const control of form.querySelectorAll("[data-credential]")) {
    by[control.dataset.credential] = control.value;
    if (!control.value) continue;
    const { credential, name } = control.dataset;
    if (credential === "header") found.headers.push([name, control.value]);
    if (credential === "query") found.query.push({ place: "query", name, style: "form", explode: true, value: control.value });
    if (credential === "cookie") found.cookies.push([name, control.value]);
    if (credential === "http") found.headers.push(["Authorization", `${name} ${control.value}`]);
  }
  if (by.user || by.password) {
    const bytes = new TextEncoder().encode(`${by.user}:${by.password}`);
    found.headers.push(["Authorization", `Basic ${btoa(String.fromCharCode(...bytes))}`]);
  } else if (form.querySelector("[data-token]") && theToken()) {
    found.headers.push(["Authorization", `Bearer ${theToken()}`]);
  }
  return found;
}

function multipart(fields) {
  const data = new FormData();
  for (const { name, kind, style, value } of fields) {
    if (kind === "file" || kind === "files") for (const file of [value].flat()) data.append(name, file);
    else if (style === "json") data.append(name, new Blob([JSON.stringify(value)], { type: "application/json" }));
    else for (const one of [value].flat()) data.append(name, typeof one === "string" ? one : JSON.stringify(one));
  }
  return { body: data };
}

function formBody(media, fields) {
  if (media.startsWith("multipart/")) return multipart(fields);
  return { body: fields.flatMap(pairs).join("&"), type: "application/x-www-form-urlencoded" };
}

/** The body and its media type, which browsers set themselves for multipart. */
function bodyOf(form) {
  const swagger = form.querySelector("#form-type");
  if (swagger) return formBody(swagger.value, fieldsOf(form).filter((field) => field.place === "form"));
  const part = form.querySelector("fieldset[data-content]:not([disabled])");
  if (!part) return {};
  const media = part.dataset.content;
  const control = part.querySelector("[data-body]");
  if (!control) return formBody(media, fieldsOf(part));
  if (control.type === "file") {
    const file = control.files[0];
    return file ? { body: file, type: media.includes("*") ? file.type || "application/octet-stream" : media } : {};
  }
  return control.value === "" ? {} : { body: control.value, type: media.includes("*") ? "text/plain" : media };
}

/** The request that a filled form means. */
function requestOf(form) {
  const fields = fieldsOf(form);
  const credentials = credentialsOf(form);
  const { body, type } = bodyOf(form);
  const headers = [...credentials.headers];
  for (const field of fields) if (field.place === "header") headers.push([field.name, headerText(field)]);
  const refused = headers.find(([name]) => FORBIDDEN.test(name));
  if (refused) throw new Mistake(null, `Browsers do not let pages send the header ${refused[0]}; leave it out, or use curl`);
  if (type) headers.push(["Content-Type", type]);
  const accept = form.querySelector("#accept")?.value;
  if (accept) headers.push(["Accept", accept]);
  const cookies = fields.filter((field) => field.place === "cookie").flatMap(pairs);
  cookies.push(...credentials.cookies.map(([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`));
  return { url: addressOf(form.dataset.path, [...fields, ...credentials.query], root), headers, body, cookies };
}

async function send(form, stopping) {
  const { url, headers, body, cookies } = requestOf(form);
  const { method } = form.dataset;
  for (const cookie of cookies) document.cookie = `${cookie}; path=${root.pathname}; SameSite=Strict`;
  showSent(curlOf(method, url, headers, body));
  const started = performance.now();
  try {
    const answer = await fetch(url, { method, headers, body, cache: "no-store", signal: stopping.signal });
    await showAnswer(answer, started);
  } finally {
    for (const cookie of cookies) document.cookie = `${cookie.split("=")[0]}=; path=${root.pathname}; max-age=0`;
  }
}

function watchContents(form) {
  const select = form.querySelector("#body-as");
  select?.addEventListener("change", () => {
    for (const part of form.querySelectorAll("fieldset[data-content]")) {
      part.hidden = part.disabled = part.dataset.content !== select.value;
    }
  });
}

function watchCredentials(form) {
  for (const control of form.querySelectorAll("[data-credential]")) {
    const key = `pymacaron.credential ${root.pathname} ${control.dataset.scheme} ${control.dataset.credential}`;
    control.value = kept(key);
    control.addEventListener("input", () => keep(key, control.value));
  }
}

export function watchTrying() {
  const form = document.getElementById("try");
  if (!form) return;
  const stop = document.getElementById("stop");
  let stopping = null;
  watchContents(form);
  watchCredentials(form);
  stop.addEventListener("click", () => stopping?.abort());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    stopping?.abort();
    const mine = (stopping = new AbortController());
    stop.hidden = false;
    try {
      await send(form, mine);
    } catch (error) {
      if (stopping === mine) showFailure(mine.signal.aborted ? "Stopped." : error.message);
      error.control?.focus();
    } finally {
      if (stopping === mine) stop.hidden = true;
    }
  });
}
