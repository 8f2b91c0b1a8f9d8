// Whether what was seen is framed: a choice for the grid and one for the picture, which this browser keeps.

const button = document.querySelector("[data-boxes]");
const KEY = `boxes of ${button?.dataset.boxes}`;

function show(shown) {
  document.getElementById(button.dataset.boxes).classList.toggle("shows-boxes", shown);
  button.setAttribute("aria-pressed", String(shown));
}

function toggle() {
  const shown = button.getAttribute("aria-pressed") !== "true";
  show(shown);
  localStorage.setItem(KEY, String(shown));
}

// What the button and the key `b` do, and what was chosen last; nothing where a page has no button.
export function startBoxes() {
  if (!button) return () => {};
  button.addEventListener("click", toggle);
  const chosen = localStorage.getItem(KEY);
  if (chosen) show(chosen === "true");
  return toggle;
}
