// Small help with elements: templates that the server made, fields, toasts, announcements.

import { imagePage } from "./api.js";
import { setTime } from "./time.js";

const METRICS = JSON.parse(document.body.dataset.metrics);
const fine = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const byId = (id) => document.getElementById(id);
export const field = (element, name) => element.querySelector(`[data-field="${name}"]`);
export const number = (value) => (Math.abs(value) < 100 ? fine : whole).format(value);
export const copy = (id) => byId(id).content.firstElementChild.cloneNode(true);

export function measured(name, value) {
  return value == null ? "" : `${number(value)} ${METRICS[name]?.unit ?? ""}`.trim();
}

export function readingTerm(name) {
  return METRICS[name]?.name ?? name.replaceAll("_", " ");
}

export function makeCard(image) {
  const card = copy("card");
  card.href = imagePage(image.id);
  Object.assign(card.dataset, { id: image.id, node: image.node, timestamp: image.timestamp });
  const picture = field(card, "picture");
  picture.alt = `Picture of ${image.node}`;
  picture.srcset = `${image.url}?width=320 320w, ${image.url}?width=640 640w`;
  picture.src = image.thumb_url;
  field(card, "node").textContent = image.node;
  field(card, "lux").textContent = measured("lux", image.lux);
  field(card, "temperature").textContent = measured("temperature", image.temperature);
  const trigger = field(card, "trigger");
  trigger.textContent = image.trigger ?? "";
  trigger.hidden = !image.trigger || image.trigger === "interval";
  const people = field(card, "people");
  people.querySelector("b").textContent = image.people ?? "";
  people.hidden = !image.people;
  setTime(card.querySelector("time"), image.timestamp);
  return card;
}

export function makeEvent(event) {
  const row = copy("event");
  Object.assign(row.dataset, { id: event.id, timestamp: event.timestamp, tone: event.tone });
  field(row, "words").textContent = event.words;
  field(row, "reason").textContent = event.reason;
  field(row, "type").textContent = event.event_type;
  const image = event.data?.image_id ?? event.data?.id;
  const link = field(row, "picture");
  link.hidden = !(typeof image === "string" && image.includes(":"));
  if (!link.hidden) link.href = imagePage(image);
  setTime(row.querySelector("time"), event.timestamp);
  return row;
}

export function toast(text, { kind = "good", link = null, seconds = 6 } = {}) {
  const element = document.createElement("div");
  element.className = "toast";
  element.dataset.kind = kind;
  element.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.textContent = "Open";
    element.append(" ", anchor);
  }
  byId("toasts").replaceChildren(element);
  setTimeout(() => element.remove(), seconds * 1000);
}

let quietUntil = 0;
let unsaid = 0;

// For screen readers; not one sentence for each of fifty pictures a second.
export function announceArrivals(count, node) {
  unsaid += count;
  if (Date.now() < quietUntil) return;
  quietUntil = Date.now() + 8000;
  byId("announce").textContent = unsaid === 1 ? `New picture from ${node}` : `${unsaid} new pictures`;
  unsaid = 0;
}
