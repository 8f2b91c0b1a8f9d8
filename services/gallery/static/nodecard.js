// A node's card: kept up to date, and its Capture button.

import { capture, imagePage, post } from "./api.js";
import { made, refresh } from "./place.js";
import { now } from "./time.js";

const REMEMBERED = 20; // pictures: one may be stored before we hear that it was taken

export const cardOf = (node) => document.querySelector(`.node[data-node="${CSS.escape(node)}"]`);

export function showChange(card, { html }) {
  if (html) refresh(card, made(html));
  showAge(card);
}

export function showAge(card) {
  const age = card.querySelector("[data-part=age]");
  const { late, old, freshness } = age.dataset;
  if (freshness === "none" || !late) return;
  let shown = "fresh";
  if (now() >= Number(old)) shown = "old";
  else if (now() >= Number(late)) shown = "late";
  age.dataset.freshness = shown;
  card.dataset.freshness = shown; // so that an old picture looks old
}

export async function startLive(card) {
  const button = card.querySelector("[data-start]");
  button.disabled = true;
  say(card, "Starting its live view…");
  try {
    await post(`/api/nodes/${encodeURIComponent(card.dataset.node)}/commands/live`, { on: true });
    say(card, "");
  } catch (error) {
    say(card, error.message, "bad");
    button.disabled = false;
  }
}

// The buttons of a card, wherever it is.
export function actOn(list) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-capture], [data-start]");
    if (button) ("capture" in button.dataset ? captureOn : startLive)(button.closest(".node"));
  });
}

function say(card, text, kind = "") {
  const result = card.querySelector(".result");
  result.textContent = text;
  result.dataset.kind = kind;
}

export async function captureOn(card) {
  const button = card.querySelector("[data-capture]");
  if (button.disabled) return;
  const { node } = card.dataset;
  button.disabled = true;
  button.classList.add("is-busy");
  say(card, "Asking for a picture…");
  try {
    const result = await capture(node);
    const [image] = result.data.images ?? [];
    card.dataset.expected = image ?? "";
    say(card, "Taken. On its way to the hub…", "good");
    if (image && [card.dataset.image, ...(card.arrived ?? [])].includes(image)) captured(card, image);
  } catch (error) {
    say(card, error.message, "bad");
  } finally {
    button.disabled = false;
    button.classList.remove("is-busy");
  }
}

export function captured(card, id) {
  card.arrived = [...(card.arrived ?? []), id].slice(-REMEMBERED);
  if (card.dataset.expected !== id) return;
  const link = document.createElement("a");
  link.href = imagePage(id);
  link.textContent = "Open it";
  say(card, "Here it is. ", "good");
  card.querySelector(".result").append(link);
  card.classList.add("is-new");
  card.onanimationend = () => card.classList.remove("is-new");
}
