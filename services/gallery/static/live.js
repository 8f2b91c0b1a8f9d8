// The one live connection of a page. It closes while nobody looks, since browsers allow few
// connections to one host, and tells `resync` when something may have been missed.

import { address } from "./api.js";

const REST = 20_000; // milliseconds a hidden page stays connected
const sign = document.getElementById("live");

function show(state) {
  if (!sign) return;
  sign.hidden = false;
  sign.dataset.state = state;
  sign.lastElementChild.textContent = state === "open" ? "Live" : "Reconnecting";
}

export function live(listeners) {
  let source = null;
  let missed = false;
  let resting = 0;

  function connect() {
    source = new EventSource(address("/api/stream"));
    source.onopen = () => {
      show("open");
      if (missed) listeners.resync?.();
      missed = false;
    };
    source.onerror = () => {
      show("away");
      missed = true;
      // After an answer that is no stream (503, 401) the browser gives up for good.
      if (source.readyState === EventSource.CLOSED) setTimeout(reconnect, 3000);
    };
    source.addEventListener("resync", () => listeners.resync?.());
    for (const kind of ["image", "node", "event"]) {
      const listener = listeners[kind];
      if (listener) source.addEventListener(kind, (message) => listener(JSON.parse(message.data)));
    }
  }

  function disconnect() {
    source?.close();
    source = null;
    missed = true;
  }

  function reconnect() {
    if (source?.readyState === EventSource.CLOSED) {
      source = null;
      if (!document.hidden) connect();
    }
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
