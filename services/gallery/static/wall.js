// The wall: a tile for each node. All films come by one line, a few frames a second; where there is
// none, stills follow the event stream. What no frame has come of for a moment is not live.

import { address, here, imageData } from "./api.js";
import { byId } from "./dom.js";
import { live } from "./live.js";
import { actOn, captured, captureOn, cardOf, showAge, showChange } from "./nodecard.js";
import { captureKey, moveAmong } from "./move.js";
import { beginSeen, followFrames, noteSeen, showSeen } from "./overlay.js";
import { parts, show } from "./parts.js";
import { drawnAnew, refresh } from "./place.js";

const RATE = 2; // frames a second of each tile
const STALE = 6_000; // milliseconds without a frame
const AGAIN = 4_000; // until a line that broke off is asked for again

const wall = byId("wall") ?? document.querySelector(".nodes");
const isWall = Boolean(byId("wall"));
const cards = () => [...(wall?.querySelectorAll(".node") ?? [])];
const large = document.querySelector(".film");
const films = () => cards().filter((card) => card.dataset.film).map((card) => card.dataset.node);

let line = null; // what can end it, and whose films it has

function still(card) {
  const image = card.querySelector(".node__frame img");
  delete card.dataset.shown;
  if (!image?.dataset.playing) return;
  delete image.dataset.playing;
  URL.revokeObjectURL(image.src);
  image.alt = `Last picture of ${card.dataset.node}`;
  if (card.dataset.image) image.src = imageData(card.dataset.image, 640);
}

function play(part) {
  const node = /x-node: *(\S+)/i.exec(part.head)?.[1];
  const card = node && cardOf(node);
  const frame = card?.querySelector(".node__frame");
  if (!frame || !card.dataset.film) return;
  let image = frame.querySelector("img");
  if (!image) {
    image = Object.assign(document.createElement("img"), { width: 640, height: 360 });
    frame.replaceChildren(image);
  }
  show(image, part.jpeg);
  image.dataset.playing = "yes";
  image.alt = `What ${node} sees now`;
  card.dataset.shown = "live";
  card.heard = performance.now();
  overlay(card);
}

// A card shows its last picture until its film plays; the large film is never a still.
function overlay(element) {
  const playing = element === large || element.querySelector(".node__frame img")?.dataset.playing;
  showSeen(element, playing ? "" : element.dataset.image || "none");
}

function seen(element, image) {
  noteSeen(element, image);
  overlay(element);
}

async function follow() {
  const nodes = films();
  if (!nodes.length || document.hidden) return;
  const control = new AbortController();
  line = { control, nodes: nodes.join(",") };
  const mine = line;
  try {
    const response = await fetch(address(`/api/live?node=${mine.nodes}&rate=${RATE}`), { signal: control.signal });
    if (response.ok) for await (const found of parts(response)) found.forEach(play);
  } catch { /* it broke off, or was ended */ }
  if (line === mine) line = null;
}

// Begins, ends and begins anew, so that the line has the films that there are.
function tend() {
  for (const card of cards()) {
    showAge(card);
    if (card.dataset.shown && (!card.dataset.film || performance.now() - card.heard > STALE)) still(card);
    overlay(card);
  }
  const wanted = document.hidden ? "" : films().join(",");
  if (line && line.nodes !== wanted) {
    line.control.abort();
    line = null;
  }
  if (!line && wanted && performance.now() > tend.after) {
    tend.after = performance.now() + AGAIN;
    follow();
  }
}
tend.after = 0;

async function resync() {
  const main = await drawnAnew(here() + location.search);
  for (const fresh of main?.querySelectorAll("#wall .node") ?? []) {
    const card = cardOf(fresh.dataset.node);
    if (!card) wall.append(fresh);
    else {
      beginSeen(card, fresh);
      refresh(card, fresh);
    }
    overlay(card ?? fresh);
  }
}

function change(news) {
  const card = cardOf(news.node);
  if (card) {
    showChange(card, news);
    overlay(card);
  }
  else if (isWall && !location.search) resync();
}

function arrived(image) {
  const card = cardOf(image.node);
  if (!card) return;
  captured(card, image.id);
  seen(card, image);
}

if (wall) {
  for (const card of cards()) beginSeen(card);
  actOn(wall);
  setInterval(tend, 1000);
  tend();
  document.addEventListener("visibilitychange", tend);
  byId("full")?.addEventListener("click", () => wall.requestFullscreen());
  moveAmong(".node", (card) => card.querySelector("[data-name]"));
  captureKey(() => document.activeElement.closest?.(".node"), captureOn);
  live({ image: arrived, node: change, resync });
} else if (large) {
  setInterval(() => overlay(large), 1000);
  followFrames(large, large.dataset.node);
  live({ image: (image) => seen(large, image) }, `node=${large.dataset.node}`);
} else {
  live({ node() {} }); // the page shows whether the hub is there
}
