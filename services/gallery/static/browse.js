// Saved searches and what there is to choose from, drawn by the server above the pictures.

import { put, remove } from "./api.js";
import { byId, toast } from "./dom.js";
import { mainOf } from "./place.js";
import { zoned } from "./time.js";

const button = byId("browse");
const panel = byId("choices");

async function draw() {
  try {
    const main = await mainOf(`/browse${button.search}`);
    zoned(main);
    panel.replaceChildren(main.querySelector(".browse"));
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
  } catch (error) {
    toast(error.message, { kind: "bad" });
  }
}

async function change(act) {
  try {
    await act();
    await draw();
  } catch (error) {
    toast(error.message, { kind: "bad" });
  }
}

const search = (name) => `/api/searches/${encodeURIComponent(name)}`;

button.setAttribute("aria-expanded", "false");
button.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (panel.hidden) draw();
  else {
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
  }
});
panel.addEventListener("submit", (event) => {
  event.preventDefault();
  const { elements, dataset } = event.target;
  change(() => put(search(elements.name.value.trim()), { q: dataset.line }));
});
panel.addEventListener("click", (event) => {
  const name = event.target.closest("[data-forget]")?.dataset.forget;
  if (name) change(() => remove(search(name)));
});
