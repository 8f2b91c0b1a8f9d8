// The nodes page: cards that follow the bus.

import { here } from "./api.js";
import { announceArrivals, byId } from "./dom.js";
import { live } from "./live.js";
import { captureKey, moveAmong } from "./move.js";
import { actOn, captured, captureOn, cardOf, showAge, showChange } from "./nodecard.js";
import { drawnAnew, made, refresh } from "./place.js";

const nodes = byId("nodes");
const cards = () => [...nodes.querySelectorAll(".node")];

function summarise() {
  const all = cards();
  const online = all.filter((card) => card.dataset.status === "online").length;
  byId("summary").textContent = `${online} of ${all.length} online`;
  byId("empty").hidden = all.length > 0;
}

function add(card) {
  const after = cards().find((each) => each.dataset.node > card.dataset.node);
  if (after) after.before(card);
  else nodes.append(card);
}

function arrive(image) {
  const card = cardOf(image.node);
  if (card) captured(card, image.id);
  announceArrivals(1, image.node);
}

function change(news) {
  const card = cardOf(news.node);
  if (card) showChange(card, news);
  else add(made(news.html));
  summarise();
}

async function resync() {
  const main = await drawnAnew(here());
  for (const fresh of main?.querySelectorAll(".node") ?? []) {
    const card = cardOf(fresh.dataset.node);
    if (card) refresh(card, fresh);
    else add(fresh);
  }
  summarise();
}

actOn(nodes);
setInterval(() => cards().forEach(showAge), 1000);
moveAmong(".node", (card) => card.querySelector("[data-name]"));
captureKey(() => document.activeElement.closest?.(".node"), captureOn);
live({ image: arrive, node: change, resync });
