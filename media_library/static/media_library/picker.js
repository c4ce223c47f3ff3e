// The grid of videos: what is clicked is kept in the order of the clicks, across searches and pages.
const SEARCH_AFTER_MS = 250;

class Picker {
  /** Names of the chosen videos by id, in the order of play. */
  #chosen = new Map();
  #asked = 0;

  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`[data-picker-${name}]`);
    this.grid = this.part("grid");
    const before = JSON.parse(document.getElementById("picker-chosen")?.textContent || "null") || [];
    for (const [id, name] of before) this.#chosen.set(id, name);
    this.grid.addEventListener("change", (event) => this.#toggle(event.target));
    this.grid.addEventListener("keydown", (event) => this.#move(event));
    this.grid.addEventListener("click", (event) => this.#page(event));
    this.part("chosen").addEventListener("click", (event) => this.#remove(event));
    this.part("search").addEventListener("input", () => this.#soon());
    this.part("search").addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    this.#draw();
  }

  #toggle(box) {
    if (box.checked) this.#chosen.set(box.value, box.dataset.name);
    else this.#chosen.delete(box.value);
    this.#draw();
  }

  #remove(event) {
    const button = event.target.closest("button");
    if (!button) return;
    this.#chosen.delete(button.value);
    this.#draw();
    this.part("search").focus();
  }

  /** Numbers on the grid, the tray below it, and what is posted. */
  #draw() {
    const ids = [...this.#chosen.keys()];
    for (const box of this.grid.querySelectorAll("input[type=checkbox]")) {
      const place = ids.indexOf(box.value);
      box.checked = place >= 0;
      box.parentElement.querySelector(".dgx-pick__number").textContent = place >= 0 ? String(place + 1) : "";
    }
    this.part("order").value = ids.join(",");
    this.part("chosen").replaceChildren(...[...this.#chosen].map(([id, name]) => tray(id, name)));
    for (const count of document.querySelectorAll("[data-picker-count]")) {
      count.textContent = ids.length === 1 ? "1 video" : `${ids.length} videos`;
    }
  }

  /** Arrows go from video to video, as the eye does. */
  #move(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.#columns(), ArrowUp: -this.#columns() };
    const boxes = [...this.grid.querySelectorAll("input[type=checkbox]")];
    const next = boxes[boxes.indexOf(event.target) + steps[event.key]];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  #columns() {
    const list = this.grid.querySelector(".dgx-picks");
    return list ? getComputedStyle(list).gridTemplateColumns.split(" ").length : 1;
  }

  #page(event) {
    const link = event.target.closest("[data-page]");
    if (!link) return;
    event.preventDefault();
    this.#fetch(link.dataset.page);
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#fetch(1), SEARCH_AFTER_MS);
  }

  async #fetch(page) {
    const asked = ++this.#asked;
    const query = new URLSearchParams({ q: this.part("search").value, page, fragment: "1" });
    const answer = await fetch(`?${query}`, { headers: { Accept: "text/html" } });
    if (!answer.ok || asked !== this.#asked) return;
    this.grid.innerHTML = await answer.text();
    this.#draw();
  }
}

function tray(id, name) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", value: id, textContent: "×" });
  button.setAttribute("aria-label", `Leave ${name} out`);
  item.append(name, button);
  return item;
}

for (const root of document.querySelectorAll("[data-picker]")) new Picker(root);
