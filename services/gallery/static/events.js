// The log: new events come in at the top, earlier ones when the end is near. Where pictures are
// folded, a new one only counts.

import { byId } from "./dom.js";
import { live } from "./live.js";
import { drawnAnew, made, mainOf } from "./place.js";
import { here } from "./api.js";
import { dayOf } from "./time.js";

const MOST_ROWS = 1000;
const REFOLD = 10_000; // milliseconds until a picture has a row of its own hour
const events = byId("events");
const more = byId("more");
const { query, watch } = events.dataset;
const isLive = events.dataset.live === "true";
const isFolded = events.dataset.folded === "true";
const list = here() + query;

let cursor = events.dataset.next;
let loading = false;
let refolding = 0;

const known = (id) => events.querySelector(`[data-id="${CSS.escape(id)}"]`);
const rows = () => [...events.querySelectorAll(".event")];
const rowsOf = (main) => [...main.querySelectorAll("#events > .event")];

// Days are the reader's own.
function markDays() {
  for (const heading of events.querySelectorAll(".day")) heading.remove();
  let seen = "";
  for (const row of rows()) {
    const day = dayOf(Number(row.dataset.timestamp));
    if (day === seen) continue;
    const heading = document.createElement("li");
    heading.className = "day";
    heading.append(Object.assign(document.createElement("h2"), { textContent: seen = day }));
    row.before(heading);
  }
}

function settle() {
  markDays();
  byId("empty").hidden = rows().length > 0;
  more.hidden = !cursor;
}

// One more picture; its hour may have no row yet.
function count(timestamp) {
  const row = events.querySelector(".event--fold");
  if (!row || timestamp >= Number(row.dataset.until)) {
    refolding ||= setTimeout(() => {
      refolding = 0;
      if (scrollY < 600) resync();
    }, REFOLD);
    return;
  }
  row.dataset.count = Number(row.dataset.count) + 1;
  row.querySelector("[data-number]").textContent = Number(row.dataset.count).toLocaleString("en");
}

function happen({ id, timestamp, html }) {
  if (known(id)) return;
  const row = made(html);
  if (isFolded && "routine" in row.dataset) {
    count(timestamp);
    return;
  }
  row.classList.add("is-new");
  const after = rows().find((each) => Number(each.dataset.timestamp) <= timestamp);
  if (after) after.before(row);
  else if (!cursor) events.append(row);
  if (rows().length > MOST_ROWS) resync();
  settle();
}

function forget({ ids }) {
  for (const id of ids) events.querySelectorAll(`[data-picture="${CSS.escape(id)}"]`).forEach((each) => each.remove());
}

// Anew after each page: who has jumped to its end meanwhile has never been away from it.
const ahead = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && loadMore(), { rootMargin: "600px" });
function watchEnd() {
  ahead.disconnect();
  ahead.observe(more);
}

async function resync() {
  const main = await drawnAnew(list);
  if (!main) return;
  events.replaceChildren(...rowsOf(main));
  cursor = main.querySelector("#events").dataset.next;
  settle();
  watchEnd();
}

async function loadMore() {
  if (loading || !cursor) return;
  loading = true;
  try {
    const main = await mainOf(`${list}${query ? "&" : "?"}cursor=${encodeURIComponent(cursor)}`);
    events.append(...rowsOf(main).filter((row) => !row.dataset.id || !known(row.dataset.id)));
    cursor = main.querySelector("#events").dataset.next;
    settle();
    watchEnd();
  } catch (error) {
    more.querySelector("a").textContent = `${error.message} Try again`;
  } finally {
    loading = false;
  }
}

markDays();
more.querySelector("a").addEventListener("click", (event) => {
  event.preventDefault();
  loadMore();
});
watchEnd();
live({ event: isLive ? happen : null, deleted: forget, resync: isLive ? resync : null }, watch);
