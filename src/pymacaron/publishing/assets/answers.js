// What was answered, as people read it.

const SHOWN = 200_000; // characters; of what is longer, the rest is in the download

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const place = () => document.getElementById("answer");

/** Text that can be scrolled, also with the keyboard. */
function scrolled(text, label) {
  const made = element("pre", { textContent: text.length > SHOWN ? `${text.slice(0, SHOWN)}\n…` : text, tabIndex: 0 });
  made.setAttribute("role", "region");
  made.setAttribute("aria-label", label);
  return made;
}

function folded(title, text) {
  return element("details", {}, element("summary", { textContent: title }), scrolled(text, title));
}

let sent = "";

/** The request is on its way. */
export function showSent(curl) {
  sent = curl;
  place().replaceChildren(element("p", { className: "dim", textContent: "Sent …" }));
}

export function showFailure(text) {
  const note = element("p", { className: "note", textContent: text });
  if (place().querySelector("pre")) place().prepend(note); // it has begun, and what has come stays
  else place().replaceChildren(note, ...(sent ? [folded("As a command", sent)] : []));
}

const size = (bytes) => (bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`);
const isText = (type) => /^text\/|json|xml|javascript|yaml|csv|urlencoded/.test(type);

function laidOut(text, type) {
  if (!/[/+]json\b/.test(type)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The whole body; of text, what has come of it is shown meanwhile, for some answers never end. */
async function read(answer, type, pre) {
  const chunks = [];
  const decoder = new TextDecoder();
  const reader = answer.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader.read()) {
    chunks.push(next.value);
    if (isText(type) && pre.textContent.length < SHOWN) pre.append(decoder.decode(next.value, { stream: true }));
  }
  return new Blob(chunks, { type });
}

let address = null; // of the last answer's bytes

function picture(type) {
  return type.startsWith("image/") ? [element("img", { src: address, alt: "The picture that was answered" })] : [];
}

function download(type) {
  const ending = type.split(";")[0].split(/[/+]/).pop();
  return element("a", { href: address, download: `answer.${ending}`, textContent: "Download" });
}

export async function showAnswer(answer, started) {
  const type = answer.headers.get("Content-Type") ?? "";
  const until = () => `${Math.round(performance.now() - started)} ms`;
  const status = element("span", { className: `status s${String(answer.status)[0]}`, textContent: `${answer.status} ${answer.statusText}` });
  const facts = element("span", { className: "dim", textContent: until() });
  const pre = scrolled("", "The body of the answer");
  const headers = [...answer.headers].map(([name, text]) => `${name}: ${text}`).join("\n");
  const after = [folded("Headers", headers), folded("As a command", sent)];
  place().replaceChildren(element("p", { className: "content" }, status, facts), pre, ...after);
  const body = await read(answer, type, pre);
  facts.textContent = [until(), size(body.size), type].filter(Boolean).join(" · ");
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(body);
  if (body.size === 0) pre.replaceWith(element("p", { className: "dim", textContent: "No body." }));
  else if (isText(type)) {
    pre.replaceWith(scrolled(laidOut(await body.text(), type), "The body of the answer"), download(type));
  } else pre.replaceWith(...picture(type), download(type));
}
