// The search box of an API: operations that have all words stay, in method, path, summary, group or operationId.

export function watchFinding() {
  const box = document.getElementById("find");
  if (!box) return;
  const groups = [...document.querySelectorAll(".groups > section")].map((section) => ({
    section,
    rows: [...section.querySelectorAll("li > a")].map((link) => ({
      row: link.parentElement,
      text: `${link.textContent} ${link.dataset.id ?? ""} ${section.querySelector("h2").textContent}`.toLowerCase(),
    })),
  }));
  const found = document.getElementById("found");
  const side = document.querySelector(".side");
  const find = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { section, rows } of groups) {
      let here = 0;
      for (const { row, text } of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        here += row.hidden ? 0 : 1;
      }
      section.hidden = here === 0;
      count += here;
    }
    if (side) side.hidden = words.length > 0;
    found.textContent = words.length ? `${count || "None"} found${count ? "; Enter opens the first" : ""}` : "";
  };
  box.addEventListener("input", find);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    document.querySelector(".groups > section:not([hidden]) li:not([hidden]) > a")?.click();
  });
  find(); // what a browser has kept in the box when it comes back
}
