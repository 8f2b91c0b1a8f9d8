// Small help with elements: by id, toasts, announcements.

export const byId = (id) => document.getElementById(id);

// `act` is what a button says, and what it does.
export function toast(text, { kind = "good", link = null, act = null, seconds = 6 } = {}) {
  const element = document.createElement("div");
  element.className = "toast";
  element.dataset.kind = kind;
  element.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.textContent = "Open";
    element.append(" ", anchor);
  }
  if (act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = act[0];
    button.addEventListener("click", () => {
      element.remove();
      act[1]();
    });
    element.append(" ", button);
  }
  byId("toasts").replaceChildren(element);
  setTimeout(() => element.remove(), seconds * 1000);
}

let quietUntil = 0;
let unsaid = 0;

// For screen readers; not one sentence for each of fifty pictures a second.
export function announceArrivals(count, node) {
  unsaid += count;
  if (Date.now() < quietUntil) return;
  quietUntil = Date.now() + 8000;
  byId("announce").textContent = unsaid === 1 ? `New picture from ${node}` : `${unsaid} new pictures`;
  unsaid = 0;
}
