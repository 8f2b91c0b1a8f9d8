// The one live connection of a page. It begins where the page was drawn, goes on where it broke off,
// and tells `resync` when something cannot be told any more. It closes while nobody looks, since
// browsers allow few connections to one host.

import { address } from "./api.js";

const REST = 20_000; // milliseconds a hidden page stays connected
const AGAIN = 3_000; // after an answer that is no stream
const sign = document.getElementById("live");

let place = document.body.dataset.place;

function show(state) {
  if (!sign) return;
  sign.hidden = false;
  sign.dataset.state = state;
  sign.lastElementChild.textContent = state === "open" ? "Live" : "Reconnecting";
}

// Listeners by kind: `image`, `deleted`, `node`, `event`, `resync`; `watch` narrows them.
export function live(listeners, watch = "") {
  const kinds = ["image", "deleted", "node", "event"].filter((kind) => listeners[kind]);
  let source = null;
  let resting = 0;

  function hear(kind) {
    source.addEventListener(kind, (message) => {
      place = message.lastEventId || place;
      listeners[kind]?.(JSON.parse(message.data));
    });
  }

  function connect() {
    const query = new URLSearchParams(watch);
    query.set("kinds", kinds.join(","));
    query.set("html", "1");
    if (place) query.set("after", place);
    source = new EventSource(address(`/api/stream?${query}`));
    source.onopen = () => show("open");
    source.onerror = () => {
      show("away");
      // After an answer that is no stream (503, 401) the browser gives up for good.
      if (source.readyState === EventSource.CLOSED) setTimeout(reconnect, AGAIN);
    };
    for (const kind of [...kinds, "resync"]) hear(kind);
  }

  function disconnect() {
    source?.close();
    source = null;
  }

  function reconnect() {
    if (source?.readyState !== EventSource.CLOSED) return;
    source = null;
    if (!document.hidden) connect();
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(resting);
    if (document.hidden) resting = setTimeout(disconnect, REST);
    else if (!source) connect();
  });
  window.addEventListener("pagehide", disconnect);
  window.addEventListener("pageshow", (event) => event.persisted && !source && connect());
  connect();
}
