// The log: new events come in at the top, earlier ones when the end is near.

import { byId } from "./dom.js";
import { live } from "./live.js";
import { made, mainOf } from "./place.js";
import { here } from "./api.js";

const MOST_ROWS = 1000;
const events = byId("events");
const more = byId("more");
const { query, watch } = events.dataset;
const isLive = events.dataset.live === "true";
const list = here() + query;

let cursor = events.dataset.next;
let loading = false;

const known = (id) => events.querySelector(`[data-id="${CSS.escape(id)}"]`);
const rowsOf = (main) => [...main.querySelectorAll("#events > *")];

function settle() {
  byId("empty").hidden = events.children.length > 0;
  more.hidden = !cursor;
}

function happen({ id, timestamp, html }) {
  if (known(id)) return;
  const row = made(html);
  row.classList.add("is-new");
  const after = [...events.children].find((each) => Number(each.dataset.timestamp) <= timestamp);
  if (after) after.before(row);
  else if (!cursor) events.append(row);
  if (events.children.length > MOST_ROWS) resync();
  settle();
}

function forget({ ids }) {
  for (const id of ids) events.querySelector(`[data-picture="${CSS.escape(id)}"]`)?.remove();
}

async function resync() {
  const main = await mainOf(list).catch(() => null);
  if (!main) return;
  events.replaceChildren(...rowsOf(main));
  cursor = main.querySelector("#events").dataset.next;
  settle();
}

async function loadMore() {
  if (loading || !cursor) return;
  loading = true;
  try {
    const main = await mainOf(`${list}${query ? "&" : "?"}cursor=${encodeURIComponent(cursor)}`);
    events.append(...rowsOf(main).filter((row) => !known(row.dataset.id)));
    cursor = main.querySelector("#events").dataset.next;
    settle();
  } catch (error) {
    more.querySelector("a").textContent = `${error.message} Try again`;
  } finally {
    loading = false;
  }
}

more.querySelector("a").addEventListener("click", (event) => {
  event.preventDefault();
  loadMore();
});
new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && loadMore(), { rootMargin: "600px" }).observe(more);
live({ event: isLive ? happen : null, deleted: forget, resync: isLive ? resync : null }, watch);
