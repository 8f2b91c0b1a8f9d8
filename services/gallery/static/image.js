// One picture: neighbours by arrow keys and swipe; keep and delete.

import { address, here, imageData, imagePage, post, remove } from "./api.js";
import { byId, toast } from "./dom.js";
import { live } from "./live.js";
import { captureKey } from "./move.js";
import { mainOf } from "./place.js";

const SWIPE = 60; // pixels
const picture = byId("picture");
const { id, node } = picture.dataset;
const older = byId("older");
const newer = byId("newer");
const keep = byId("keep");

function go(link) {
  if (!link.hidden) location.replace(link.href); // so that Back leads to the grid
}

for (const link of [older, newer]) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "ArrowLeft" || event.key === "j") go(older);
  if (event.key === "ArrowRight" || event.key === "k") go(newer);
});

let start = null;
const frame = picture.querySelector(".picture__frame");
frame.addEventListener("touchstart", (event) => {
  start = event.touches.length === 1 ? event.touches[0] : null;
}, { passive: true });
frame.addEventListener("touchend", (event) => {
  if (!start) return;
  const end = event.changedTouches[0];
  const across = end.clientX - start.clientX;
  if (Math.abs(across) > SWIPE && Math.abs(across) > 2 * Math.abs(end.clientY - start.clientY)) {
    go(across > 0 ? older : newer);
  }
}, { passive: true });

keep.addEventListener("click", async () => {
  const kept = keep.getAttribute("aria-pressed") === "true";
  try {
    await (kept ? remove : post)(`/api/images/${id}/keep`);
    keep.setAttribute("aria-pressed", String(!kept));
    keep.lastElementChild.textContent = kept ? "Keep" : "Kept";
    byId("life").textContent = kept ? "This picture goes by itself again." : "This picture stays until it is deleted.";
  } catch (error) {
    toast(error.message, { kind: "bad" });
  }
});

async function resync() {
  const main = await mainOf(here() + location.search).catch(() => null);
  byId("gone").hidden = main !== null;
  for (const link of main ? [older, newer] : []) {
    const fresh = main.querySelector(`#${link.id}`);
    link.hidden = fresh.hidden;
    if (!fresh.hidden) link.href = fresh.getAttribute("href");
  }
}

const sure = byId("sure");
byId("delete").addEventListener("click", () => sure.showModal());
sure.addEventListener("close", async () => {
  if (sure.returnValue !== "yes") return;
  try {
    await remove(`/api/images/${id}`);
    location.replace([older, newer].find((link) => !link.hidden)?.href ?? address("/"));
  } catch (error) {
    toast(error.message, { kind: "bad" });
  }
});

for (const link of [older, newer]) {
  if (link.hidden) continue;
  const ahead = new Image();
  ahead.src = imageData(link.pathname.slice(imagePage("").length), 1280);
}

captureKey(() => node);
live({
  image(image) {
    if (image.id === id) byId("gone").hidden = true; // brought back
    if (!newer.hidden || newer.dataset.wanted !== image.node) return;
    newer.href = imagePage(image.id);
    newer.hidden = false;
  },
  deleted({ ids }) {
    if (ids.includes(id)) byId("gone").hidden = false;
    for (const link of [older, newer]) {
      if (ids.some((each) => link.pathname === imagePage(each))) resync();
    }
  },
  resync,
}, `node=${node}`);
