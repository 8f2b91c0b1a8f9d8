// One node: its card, its readings as lines, its last pictures and events.

import { get, here } from "./api.js";
import { byId } from "./dom.js";
import { live } from "./live.js";
import { captureKey, moveAmong } from "./move.js";
import { actOn, captured, captureOn, showAge, showChange } from "./nodecard.js";
import { drawnAnew, made, refresh, renew } from "./place.js";
import { draw } from "./chart.js";

const CHARTS_EVERY = 60_000; // milliseconds

const card = document.querySelector(".node");
const { node } = card.dataset;
const grid = byId("grid");
const events = byId("events");

// A day in steps of ten minutes; the last hour while the node is too young for that.
const SPANS = [["24h", "10m", "last 24 hours"], ["1h", "30s", "last hour"]];
const FEW = 4;

async function drawChart(chart) {
  const { metric, unit } = chart.dataset;
  for (const [since, bucket, words] of SPANS) {
    const url = `/api/readings?node=${node}&metric=${metric}&since=${since}&bucket=${bucket}`;
    const answer = await get(url).catch(() => null);
    if (!answer) return;
    chart.hidden = "optional" in chart.dataset && !answer.readings.length;
    chart.querySelector(".muted").textContent = words;
    draw(chart, answer, unit);
    if (answer.readings.length >= FEW) return;
  }
}

function drawCharts() {
  document.querySelectorAll(".chart").forEach(drawChart);
}

function trim(list) {
  while (list.children.length > Number(list.dataset.most)) list.lastElementChild.remove();
}

function arrive(image) {
  captured(card, image.id);
  const known = grid.querySelector(`[data-id="${CSS.escape(image.id)}"]`);
  if (known) {
    renew(known, made(image.html));
    return;
  }
  const first = grid.querySelector(".card");
  if (first && Number(first.dataset.timestamp) > image.timestamp) return;
  const picture = made(image.html);
  picture.classList.add("is-new");
  grid.prepend(picture);
  trim(grid);
}

function forget({ ids }) {
  for (const id of ids) {
    grid.querySelector(`[data-id="${CSS.escape(id)}"]`)?.remove();
    events.querySelector(`[data-picture="${CSS.escape(id)}"]`)?.remove();
  }
}

function happen(event) {
  if (events.querySelector(`[data-id="${CSS.escape(event.id)}"]`)) return;
  const row = made(event.html);
  row.classList.add("is-new");
  events.prepend(row);
  trim(events);
}

async function resync() {
  const main = await drawnAnew(here());
  if (!main) return;
  refresh(card, main.querySelector(".node"));
  for (const list of [grid, events]) list.replaceChildren(...main.querySelector(`#${list.id}`).children);
}

actOn(byId("nodes"));
setInterval(() => showAge(card), 1000);
setInterval(() => document.hidden || drawCharts(), CHARTS_EVERY);
drawCharts();
moveAmong(".card");
captureKey(() => card, captureOn);
live({ image: arrive, deleted: forget, node: (news) => showChange(card, news), event: happen, resync }, `node=${node}`);
