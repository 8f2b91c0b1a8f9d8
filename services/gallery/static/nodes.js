// The nodes page: cards that follow the bus.

import { get } from "./api.js";
import { announceArrivals, byId } from "./dom.js";
import { live } from "./live.js";
import { captureKey, moveAmong } from "./move.js";
import { captured, captureOn, cardOf, makeNode, showAge, showChange, showPicture } from "./nodecard.js";

const nodes = byId("nodes");
const cards = () => [...nodes.querySelectorAll(".node")];

function cardFor(name) {
  const known = cardOf(name);
  if (known) return known;
  const card = makeNode(name);
  const after = cards().find((each) => each.dataset.node > name);
  if (after) after.before(card);
  else nodes.append(card);
  byId("empty").hidden = true;
  return card;
}

function summarise() {
  const all = cards();
  const online = all.filter((card) => card.dataset.status === "online").length;
  byId("summary").textContent = `${online} of ${all.length} online`;
}

function arrive(image) {
  const card = cardFor(image.node);
  showPicture(card, image.id, image.timestamp);
  captured(card, image.id);
  announceArrivals(1, image.node);
}

function change(news) {
  showChange(cardFor(news.node), news);
  summarise();
}

async function resync() {
  const answer = await get("/api/nodes").catch(() => null);
  answer?.nodes.forEach(change);
}

nodes.addEventListener("click", (event) => {
  const button = event.target.closest("[data-capture]");
  if (button) captureOn(button.closest(".node"));
});
setInterval(() => cards().forEach(showAge), 1000);
moveAmong(".node", (card) => card.querySelector("[data-field=name]"));
captureKey(() => document.activeElement.closest?.(".node"), captureOn);
live({ image: arrive, node: change, resync });
