// The log: new events come in at the top, earlier ones when the end is near.

import { get } from "./api.js";
import { byId, makeEvent } from "./dom.js";
import { live } from "./live.js";

const MOST_ROWS = 1000;
const events = byId("events");
const more = byId("more");
const judge = JSON.parse(events.dataset.judge);
const list = `/api/events${events.dataset.query}`;

let cursor = events.dataset.next;
let loading = false;

const known = () => new Set([...events.children].map((row) => row.dataset.id));

function settle() {
  byId("empty").hidden = events.children.length > 0;
  more.hidden = !cursor;
}

function happen(event) {
  if (!judge.live) return;
  if (judge.node.length && !judge.node.includes(event.node)) return;
  if (judge.event_type.length && !judge.event_type.includes(event.event_type)) return;
  if (known().has(event.id)) return;
  const row = makeEvent(event);
  row.classList.add("is-new");
  const after = [...events.children].find((each) => Number(each.dataset.timestamp) <= event.timestamp);
  if (after) after.before(row);
  else if (!cursor) events.append(row);
  if (events.children.length > MOST_ROWS) resync();
  settle();
}

async function resync() {
  if (!judge.live) return;
  const answer = await get(list).catch(() => null);
  if (!answer) return;
  events.replaceChildren(...answer.events.map(makeEvent));
  cursor = answer.next;
  settle();
}

async function loadMore() {
  if (loading || !cursor) return;
  loading = true;
  try {
    const answer = await get(`${list}${list.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}`);
    const shown = known();
    events.append(...answer.events.filter((event) => !shown.has(event.id)).map(makeEvent));
    cursor = answer.next;
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
live({ event: happen, resync });
