// One picture: neighbours by arrow keys and swipe; keep and delete.

import { address, here, imageData, imagePage, post, remove } from "./api.js";
import { byId, toast } from "./dom.js";
import { enlarge } from "./lightbox.js";
import { live } from "./live.js";
import { captureKey } from "./move.js";
import { mainOf } from "./place.js";
import { removeWithUndo, UNDO_SECONDS } from "./remove.js";
import { marksOf, showMarks } from "./tag.js";

const SWIPE = 60; // pixels
const picture = byId("picture");
const { id, node, watch } = picture.dataset;
const previous = byId("previous");
const next = byId("next");
const keep = byId("keep");

function go(link) {
  if (!link.hidden) location.replace(link.href); // so that Back leads to the grid
}

for (const link of [previous, next]) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], .pswp")) return;
  if (event.key === "ArrowLeft" || event.key === "k") go(previous);
  if (event.key === "ArrowRight" || event.key === "j") go(next);
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
    go(across > 0 ? previous : next);
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

// It may have been looked at since it is open.
function showSeen(main) {
  const [facts, fresh] = [picture, main].map((each) => each.querySelector(".facts"));
  if (facts.isEqualNode(fresh)) return;
  facts.replaceWith(fresh);
  const link = frame.querySelector("a");
  for (const each of link.querySelectorAll(".boxes")) each.remove();
  link.append(...main.querySelectorAll(".picture__frame .boxes"));
}

async function resync() {
  const main = await mainOf(here() + location.search).catch(() => null);
  byId("gone").hidden = main !== null;
  for (const link of main ? [previous, next] : []) {
    const fresh = main.querySelector(`#${link.id}`);
    link.hidden = fresh.hidden;
    if (!fresh.hidden) link.href = fresh.getAttribute("href");
  }
  if (!main) return;
  showSeen(main);
  showMarks(main);
}

byId("delete").addEventListener("click", async () => {
  const beside = [next, previous].find((link) => !link.hidden)?.href ?? address("/");
  if (await removeWithUndo([id])) setTimeout(() => byId("gone").hidden || go({ href: beside }), UNDO_SECONDS * 1000);
});

frame.querySelector("a").addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  enlarge(event.currentTarget.firstElementChild, id);
});

for (const link of [previous, next]) {
  if (link.hidden) continue;
  const ahead = new Image();
  ahead.src = imageData(link.pathname.slice(imagePage("").length), 1280);
}

let waiting = 0;
function soon() {
  waiting ||= setTimeout(() => {
    waiting = 0;
    resync();
  }, 1000); // not once for each of many pictures a second
}

// Loaded anew while it was shown in the grid's lightbox, the page shares its document's history.
addEventListener("popstate", () => {
  sessionStorage.setItem("came back", "1");
  location.reload();
});
captureKey(() => node);
marksOf(id, resync);
live({
  image(image) {
    if (image.id === id) {
      byId("gone").hidden = true; // brought back,
      soon(); // looked at, or marked
    }
    if (previous.hidden || next.hidden) soon();
  },
  deleted({ ids }) {
    if (ids.includes(id)) byId("gone").hidden = false;
    if ([previous, next].some((link) => ids.some((each) => link.pathname === imagePage(each)))) soon();
  },
  resync,
}, watch);
