// What makes pages answer: each part does nothing where its elements are not.
import { watchFinding } from "./finding.js";
import { watchToken } from "./token.js";
import { watchTrying } from "./trying.js";

function watchColours() {
  const select = document.getElementById("colours");
  const page = document.documentElement;
  select.value = page.dataset.colours;
  select.addEventListener("change", () => {
    page.dataset.colours = select.value;
    try {
      localStorage.setItem("pymacaron.colours", select.value);
    } catch {
      // they hold for this page
    }
  });
}

watchColours();
watchFinding();
watchToken();
watchTrying();
