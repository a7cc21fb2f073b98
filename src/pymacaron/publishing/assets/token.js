// The token box. A token stays in this tab (sessionStorage), apart from those of services elsewhere on this host;
// /auth/version says whether the service accepts it.

/** The root of the service, wherever it is mounted. */
export const root = new URL(document.body.dataset.root, location.href);
const KEY = `pymacaron.token ${root.pathname}`;

/** What is kept in this tab, "" where nothing is. */
export function kept(key) {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

export function keep(key, text) {
  try {
    if (text) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  } catch {
    // where nothing may be stored, it holds for this page
  }
}

let token = kept(KEY);

export const theToken = () => token;

function say(word, sentence, isGood) {
  const state = document.getElementById("token-state");
  state.textContent = sentence;
  const short = document.getElementById("token-word");
  short.textContent = word ? ` ${word}` : "";
  short.className = isGood ? "good" : "bad";
  for (const place of document.querySelectorAll("[data-token]")) place.textContent = word || "none yet";
}

/** Ask the service what it thinks of the token. */
async function check() {
  if (!token) return say("", "", true);
  const asked = token;
  try {
    const answer = await fetch(new URL("auth/version", root), {
      headers: { Authorization: `Bearer ${asked}` },
      cache: "no-store",
    });
    if (asked !== token) return; // another one has been put in meanwhile
    if (answer.ok) {
      say("accepted", "The service accepts it.", true);
      document.getElementById("token").open = false; // its summary says so, and what it covers is needed again
      return;
    }
    if (answer.status === 404) return say("unknown", "It is kept; here is no /auth/version that could judge it.", true);
    const error = await answer.json().catch(() => ({}));
    say("refused", `The service refuses it: ${error.error_description ?? error.detail ?? answer.status}`, false);
  } catch (error) {
    say("not checked", `The service could not be asked: ${error.message}`, false);
  }
}

function change(text) {
  token = text.trim().replace(/^Bearer\s+/i, "");
  keep(KEY, token);
  return check();
}

function close(box) {
  box.open = false;
  box.querySelector("summary").focus();
}

export function watchToken() {
  const box = document.getElementById("token");
  const field = document.getElementById("token-text");
  document.getElementById("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    change(field.value);
    field.value = "";
    box.querySelector("summary").focus();
  });
  document.getElementById("token-forget").addEventListener("click", () => {
    field.value = "";
    change("");
    close(box);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(box);
  });
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target) && !event.target.closest("[data-token]")) box.open = false;
  });
  for (const place of document.querySelectorAll("[data-token]")) {
    place.addEventListener("click", () => {
      box.open = true;
      field.focus();
    });
  }
  check();
}
