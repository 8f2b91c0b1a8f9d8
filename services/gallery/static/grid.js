// The grid: new pictures come in at the top, older ones when the end is near. It holds still while
// somebody uses it; a pill counts what waits.

import { here } from "./api.js";
import "./browse.js";
import "./complete.js";
import "./days.js";
import { announceArrivals, byId } from "./dom.js";
import { holding } from "./hold.js";
import { lightboxOn } from "./lightbox.js";
import { live } from "./live.js";
import { captureKey, moveAmong } from "./move.js";
import { drawnAnew, made, mainOf, renew } from "./place.js";
import { removeWithUndo } from "./remove.js";
import { comeBack } from "./return.js";
import { selecting } from "./select.js";
import { dayOf } from "./time.js";

const MOST_CARDS = 600; // then the page begins anew, so that a day of pictures does not fill memory
const MOST_WAITING = 100;
const NEAR_TOP = 160; // pixels

const grid = byId("grid");
const pill = byId("pill");
const pause = byId("pause");
const more = byId("more");
const { query, search, watch, sort } = grid.dataset;
const list = here() + query;
const byTime = sort.endsWith("timestamp");
const isLive = grid.dataset.live === "true";

let cursor = grid.dataset.next;
let waiting = [];
let missed = 0;
let loading = null;

const cards = () => [...grid.querySelectorAll(".card")];
const cardOf = (id) => grid.querySelector(`.card[data-id="${CSS.escape(id)}"]`);
const cardsOf = (main) => [...main.querySelectorAll("#grid .card")];
const isPaused = () => pause.getAttribute("aria-pressed") === "true";
const isAfter = (card, other) => Number(card.dataset.timestamp) < Number(other.dataset.timestamp)
  || (card.dataset.timestamp === other.dataset.timestamp && card.dataset.id < other.dataset.id);

function markDays() {
  for (const day of grid.querySelectorAll(".day")) day.remove();
  if (!byTime) return;
  let seen = "";
  for (const card of cards()) {
    const day = dayOf(Number(card.dataset.timestamp));
    if (day === seen) continue;
    const heading = document.createElement("h2");
    heading.className = "day";
    heading.textContent = seen = day;
    card.before(heading);
  }
}

function place(card, fresh) {
  if (cardOf(card.dataset.id)) return;
  card.search = search; // its neighbours are those of this search
  if (fresh) card.classList.add("is-new");
  const after = cards().find((each) => isAfter(each, card));
  if (after) after.before(card);
  else if (!cursor) grid.append(card); // else it comes with its own page
}

function settle() {
  markDays();
  byId("empty").hidden = grid.querySelector(".card") !== null;
  more.hidden = !cursor;
}

function replaceAll(main) {
  grid.replaceChildren(...cardsOf(main));
  cursor = main.querySelector("#grid").dataset.next;
  settle();
  watchEnd();
}

function showPill() {
  const count = waiting.length + missed;
  pill.hidden = count === 0;
  pill.lastElementChild.textContent = count === 1 ? "1 new picture" : `${count} new pictures`;
}

async function resync() {
  if (mustWait()) {
    missed += 1;
    showPill();
    return;
  }
  waiting = [];
  missed = 0;
  showPill();
  const main = await drawnAnew(list);
  if (!main) return;
  const fresh = cardsOf(main);
  const known = cards().length;
  if (fresh.some((card) => cardOf(card.dataset.id)) && byTime && known < MOST_CARDS) {
    fresh.reverse().forEach((card) => place(card, false));
    settle();
  } else {
    replaceAll(main);
  }
}

function flush() {
  const images = waiting;
  const anew = missed > 0 || sort !== "-timestamp" || cards().length > MOST_CARDS;
  waiting = [];
  missed = 0;
  showPill();
  for (const card of grid.querySelectorAll(".card.is-deleted")) card.remove();
  if (anew) drawnAnew(list).then((main) => main && replaceAll(main));
  else images.forEach((image) => place(made(image.html), images.length <= 8));
  settle();
}

const isHeld = holding(grid, () => mayMove() && flush());
const isBusy = () => isHeld() || isPaused() || document.body.matches(".is-selecting, .is-viewing");
const mustWait = () => isBusy() || scrollY >= NEAR_TOP;
const mayMove = () => !mustWait() && sort === "-timestamp" && (waiting.length > 0 || missed > 0 || grid.querySelector(".is-deleted"));

let timer = 0;

function arrive(image) {
  const known = cardOf(image.id);
  if (known) {
    known.classList.remove("is-deleted"); // brought back,
    renew(known, made(image.html)); // or looked at since
    return;
  }
  const at = waiting.findIndex((each) => each.id === image.id);
  if (at >= 0) {
    waiting[at] = image;
    return;
  }
  if (waiting.length < MOST_WAITING) waiting.push(image);
  else missed += 1;
  announceArrivals(1, image.node);
  clearTimeout(timer);
  if (mustWait() || sort !== "-timestamp") showPill();
  else if (waiting.length > 20) flush();
  else timer = setTimeout(() => (mayMove() ? flush() : showPill()), 40);
}

function forget({ ids }) {
  waiting = waiting.filter((image) => !ids.includes(image.id));
  if (waiting.length || !pill.hidden) showPill();
  for (const id of ids) {
    const card = cardOf(id);
    if (isBusy()) card?.classList.add("is-deleted");
    else card?.remove();
  }
  settle();
}

// Anew after each page: who has jumped to its end meanwhile has never been away from it.
const ahead = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && loadMore(), { rootMargin: "900px" });
function watchEnd() {
  ahead.disconnect();
  ahead.observe(more);
}

async function load() {
  const link = more.querySelector("a");
  link.textContent = "Loading…";
  try {
    const main = await mainOf(`${list}${query ? "&" : "?"}cursor=${encodeURIComponent(cursor)}`);
    grid.append(...cardsOf(main).filter((card) => !cardOf(card.dataset.id)));
    cursor = main.querySelector("#grid").dataset.next;
    settle();
    link.textContent = "More pictures";
    watchEnd();
    return true;
  } catch (error) {
    link.textContent = `${error.message} Try again`;
    return false;
  }
}

// Whether there is more now than before.
async function loadMore() {
  if (!cursor) return false;
  loading ??= load().finally(() => {
    loading = null;
  });
  return loading;
}

pill.addEventListener("click", () => {
  scrollTo({ top: 0, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  flush();
});
pause.addEventListener("click", () => {
  const paused = !isPaused();
  pause.setAttribute("aria-pressed", String(paused));
  pause.querySelector("span").textContent = paused ? "Paused" : "Pause";
  if (mayMove()) flush();
});
addEventListener("scroll", () => mayMove() && flush(), { passive: true });
more.querySelector("a").addEventListener("click", (event) => {
  event.preventDefault();
  loadMore();
});
watchEnd();

markDays();
const catchUp = () => mayMove() && flush();
selecting(grid, { list: cards, hasMore: () => Boolean(cursor), watch, ended: catchUp });
lightboxOn(grid, { list: cards, more: loadMore, remove: (card) => removeWithUndo([card.dataset.id]), closed: catchUp });
comeBack(grid, cardOf, loadMore);
moveAmong(".card");
captureKey(() => document.activeElement.closest?.(".card")?.dataset.node
  ?? new URLSearchParams(watch).get("node"));
live({ image: isLive ? arrive : null, deleted: forget, resync: isLive ? resync : null }, watch);
