// The day bar, drawn by the server in the reader's own zone, above the pictures; and the pickers.

import { byId, toast } from "./dom.js";
import { mainOf } from "./place.js";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const button = byId("calendar");
const days = byId("days");

async function draw(url) {
  const query = new URLSearchParams(url.search);
  query.set("tz", zone);
  try {
    const main = await mainOf(`/days?${query}`);
    days.replaceChildren(main.querySelector(".days"));
    days.hidden = false;
    button.setAttribute("aria-expanded", "true");
  } catch (error) {
    toast(error.message, { kind: "bad" });
  }
}

button.setAttribute("aria-expanded", "false");
button.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (days.hidden) draw(button);
  else {
    days.hidden = true;
    button.setAttribute("aria-expanded", "false");
  }
});
days.addEventListener("click", (event) => {
  const month = event.target.closest("[data-month]");
  if (!month) return;
  event.preventDefault();
  draw(month);
});

for (const picker of document.querySelectorAll("[data-picks]")) {
  picker.addEventListener("change", () => {
    picker.form.elements[picker.dataset.picks].value = picker.value;
  });
}
