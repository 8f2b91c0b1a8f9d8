// The grid: new pictures come in at the top, older ones when the end is near.

import { get } from "./api.js";
import { announceArrivals, byId, makeCard } from "./dom.js";
import { live } from "./live.js";
import { captureKey, moveAmong } from "./move.js";
import { dayOf } from "./time.js";

const MOST_CARDS = 600; // then the page begins anew, so that a day of pictures does not fill memory
const MOST_WAITING = 100;
const NEAR_TOP = 160; // pixels

const grid = byId("grid");
const pill = byId("pill");
const more = byId("more");
const judge = JSON.parse(grid.dataset.judge);
const list = `/api/images${grid.dataset.query}`;
const byTime = judge.sort.endsWith("timestamp");
const isLive = grid.dataset.live === "true";

let cursor = grid.dataset.next;
let waiting = [];
let missed = 0;
let loading = false;

const cards = () => [...grid.querySelectorAll(".card")];
const withCursor = (at) => `${list}${list.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(at)}`;
const isAfter = (card, image) => Number(card.dataset.timestamp) < image.timestamp
  || (Number(card.dataset.timestamp) === image.timestamp && card.dataset.id < image.id);

function within(value, [low, high]) {
  return value != null && (low == null || value >= low) && (high == null || value <= high);
}

function matches(image) {
  if (judge.node.length && !judge.node.includes(image.node)) return false;
  if (judge.trigger.length && !judge.trigger.includes(image.trigger)) return false;
  if (judge.kept) return false; // a new one is not
  if (judge.context && ![image.context_id, image.parent_id].includes(judge.context)) return false;
  if (!within(image.timestamp, [judge.since, judge.until])) return false;
  return Object.entries(judge.ranges).every(([name, ends]) => within(image[name], ends));
}

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

function place(image, fresh) {
  const shown = cards();
  if (shown.some((card) => card.dataset.id === image.id)) return;
  const card = makeCard(image);
  if (fresh) card.classList.add("is-new");
  const after = shown.find((each) => isAfter(each, image));
  if (after) after.before(card);
  else if (!cursor) grid.append(card); // else it comes with its own page
}

function replaceAll(answer) {
  grid.replaceChildren(...answer.images.map(makeCard));
  cursor = answer.next;
  settle();
}

function settle() {
  markDays();
  byId("empty").hidden = grid.querySelector(".card") !== null;
  more.hidden = !cursor;
}

async function resync() {
  waiting = [];
  missed = 0;
  pill.hidden = true;
  const answer = await get(list).catch(() => null);
  if (!answer) return;
  const known = new Set(cards().map((card) => card.dataset.id));
  const joins = answer.images.some((image) => known.has(image.id)) || !known.size;
  if (joins && byTime && known.size < MOST_CARDS) {
    answer.images.toReversed().forEach((image) => place(image, false));
    if (!known.size) cursor = answer.next;
    settle();
  } else {
    replaceAll(answer);
  }
}

function showPill() {
  const count = waiting.length + missed;
  pill.hidden = count === 0;
  pill.lastElementChild.textContent = count === 1 ? "1 new picture" : `${count} new pictures`;
}

function flush() {
  const images = waiting;
  const start = missed > 0 || judge.sort !== "-timestamp" || cards().length > MOST_CARDS;
  waiting = [];
  missed = 0;
  showPill();
  if (!images.length && !start) return;
  if (start) {
    get(list).then(replaceAll, () => {});
    return;
  }
  const fresh = images.length <= 8;
  images.forEach((image) => place(image, fresh));
  settle();
}

let timer = 0;

function arrive(image) {
  if (!isLive || !matches(image)) return;
  if (waiting.length < MOST_WAITING) waiting.push(image);
  else missed += 1;
  announceArrivals(1, image.node);
  clearTimeout(timer);
  const mayMove = scrollY < NEAR_TOP && judge.sort === "-timestamp";
  if (!mayMove) showPill();
  else if (waiting.length > 20) flush();
  else timer = setTimeout(() => (scrollY < NEAR_TOP ? flush() : showPill()), 40);
}

async function loadMore() {
  if (loading || !cursor) return;
  loading = true;
  const link = more.querySelector("a");
  link.textContent = "Loading…";
  try {
    const answer = await get(withCursor(cursor));
    const known = new Set(cards().map((card) => card.dataset.id));
    grid.append(...answer.images.filter((image) => !known.has(image.id)).map(makeCard));
    cursor = answer.next;
    settle();
    link.textContent = "More pictures";
  } catch (error) {
    link.textContent = `${error.message} Try again`;
  } finally {
    loading = false;
  }
}

pill.addEventListener("click", () => {
  scrollTo({ top: 0, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  flush();
});
addEventListener("scroll", () => scrollY < NEAR_TOP && waiting.length && judge.sort === "-timestamp" && flush(), { passive: true });
more.querySelector("a").addEventListener("click", (event) => {
  event.preventDefault();
  loadMore();
});
new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && loadMore(), { rootMargin: "900px" }).observe(more);

markDays();
moveAmong(".card");
captureKey(() => document.activeElement.closest?.(".card")?.dataset.node
  ?? (judge.node.length === 1 ? judge.node[0] : null));
live({ image: arrive, resync: isLive ? resync : null });
