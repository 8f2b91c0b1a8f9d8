// A node's card: kept up to date, and its Capture button.

import { address, capture, imageData, imagePage } from "./api.js";
import { copy, field, measured, number, readingTerm } from "./dom.js";
import { now, setTime } from "./time.js";

const LATE = 2; // intervals without a picture until amber
const TOO_LATE = 5; // and until red
const USUAL_INTERVAL = 60; // seconds
const REMEMBERED = 20; // pictures: one may be stored before we hear that it was taken
const MANY_WAITING = 5; // captures in a spool; a few are just on their way

export const cardOf = (node) => document.querySelector(`.node[data-node="${CSS.escape(node)}"]`);

export function makeNode(name) {
  const card = copy("node");
  card.dataset.node = name;
  field(card, "name").textContent = name;
  field(card, "name").href = address(`/nodes/${name}`);
  return card;
}

export function showChange(card, change) {
  if (change.status) showStatus(card, change);
  if (change.last_reading) showReading(card, change.last_reading);
  if (change.info) showInfo(card, change.info);
  if (change.last_image) showPicture(card, change.last_image, change.last_image_at);
}

function showStatus(card, { status, status_since: since }) {
  if (since == null && card.dataset.status === status) return; // said again, after a reconnect
  card.dataset.status = status;
  field(card, "status").textContent = status === "online" ? "came online" : "went offline";
  field(card, "since").hidden = since == null;
  setTime(field(card, "since").firstElementChild, since);
}

function showReading(card, reading) {
  const rows = Object.entries(reading).filter(([name]) => name !== "timestamp").map(([name, value]) => {
    const row = document.createElement("div");
    const [term, shown] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = readingTerm(name);
    shown.textContent = measured(name, value);
    row.append(term, shown);
    return row;
  });
  field(card, "readings").replaceChildren(...rows);
}

function showInfo(card, info) {
  card.dataset.interval = info.interval ?? USUAL_INTERVAL;
  const waiting = info.spool_depth ?? 0;
  field(card, "spool").textContent = `${waiting} pictures wait in its spool`;
  field(card, "spool").hidden = waiting < MANY_WAITING;
  field(card, "about").textContent = [
    info.camera,
    info.resolution?.join(" × "),
    info.interval ? `every ${number(info.interval)} s` : "",
    info.spool_depth == null ? "" : `spool ${info.spool_depth}`,
    info.pending?.length ? `pending: ${info.pending.join(", ")}` : "",
    info.version ? `v${info.version}` : "",
  ].filter(Boolean).join(" · ");
}

export function showPicture(card, id, takenAt) {
  if (takenAt != null && takenAt < Number(card.dataset.taken)) return; // a late one from the spool
  card.dataset.image = id;
  card.dataset.taken = takenAt;
  const frame = field(card, "link");
  const picture = field(card, "picture");
  frame.href = imagePage(id);
  picture.hidden = false; // first: what is hidden is not loaded lazily
  picture.classList.remove("is-gone");
  field(card, "empty").hidden = true;
  picture.src = imageData(id, 640);
  setTime(card.querySelector(".age time"), takenAt);
  showAge(card);
}

export function showAge(card) {
  const { taken, interval } = card.dataset;
  const age = now() - Number(taken);
  const limit = Number(interval);
  let freshness = "old";
  if (!taken) freshness = "none";
  else if (limit === 0 || age < LATE * limit) freshness = "fresh";
  else if (age < TOO_LATE * limit) freshness = "late";
  field(card, "age").dataset.freshness = freshness;
}

function say(card, text, kind = "") {
  const result = field(card, "result");
  result.textContent = text;
  result.dataset.kind = kind;
}

export async function captureOn(card) {
  const button = card.querySelector("[data-capture]");
  if (button.disabled) return;
  const { node } = card.dataset;
  button.disabled = true;
  button.classList.add("is-busy");
  say(card, "Asking for a picture…");
  try {
    const result = await capture(node);
    const [image] = result.data.images ?? [];
    card.dataset.expected = image ?? "";
    say(card, "Taken. On its way to the hub…", "good");
    if (image && [card.dataset.image, ...(card.arrived ?? [])].includes(image)) captured(card, image);
  } catch (error) {
    say(card, error.message, "bad");
  } finally {
    button.disabled = false;
    button.classList.remove("is-busy");
  }
}

export function captured(card, id) {
  card.arrived = [...(card.arrived ?? []), id].slice(-REMEMBERED);
  if (card.dataset.expected !== id) return;
  const link = document.createElement("a");
  link.href = imagePage(id);
  link.textContent = "Open it";
  say(card, "Here it is. ", "good");
  field(card, "result").append(link);
  card.classList.add("is-new");
  card.onanimationend = () => card.classList.remove("is-new");
}
