// One node: its card, its readings as lines, its last pictures and events.

import { get } from "./api.js";
import { byId, makeCard, makeEvent, number } from "./dom.js";
import { live } from "./live.js";
import { captureKey, moveAmong } from "./move.js";
import { captured, captureOn, showAge, showChange, showPicture } from "./nodecard.js";
import { draw } from "./spark.js";

const MOST_IMAGES = 12;
const MOST_EVENTS = 15;
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
    chart.querySelector(".muted").textContent = words;
    draw(chart, answer, unit);
    if (answer.readings.length >= FEW) return;
  }
}

function drawCharts() {
  document.querySelectorAll(".chart").forEach(drawChart);
}

function showReading(reading) {
  for (const chart of document.querySelectorAll(".chart")) {
    const value = reading[chart.dataset.metric];
    if (value != null) chart.querySelector("output").textContent = `${number(value)} ${chart.dataset.unit}`;
  }
}

function arrive(image) {
  if (image.node !== node) return;
  showPicture(card, image.id, image.timestamp);
  captured(card, image.id);
  if (grid.querySelector(`[data-id="${CSS.escape(image.id)}"]`)) return;
  const first = grid.querySelector(".card");
  if (first && Number(first.dataset.timestamp) > image.timestamp) return;
  const picture = makeCard(image);
  picture.classList.add("is-new");
  grid.prepend(picture);
  while (grid.children.length > MOST_IMAGES) grid.lastElementChild.remove();
}

function change(news) {
  if (news.node !== node) return;
  showChange(card, news);
  if (news.last_reading) showReading(news.last_reading);
}

function happen(event) {
  if (event.node !== node) return;
  const row = makeEvent(event);
  row.classList.add("is-new");
  events.prepend(row);
  while (events.children.length > MOST_EVENTS) events.lastElementChild.remove();
}

async function resync() {
  change(await get(`/api/nodes/${node}`).catch(() => ({})));
  const answer = await get(`/api/images?node=${node}&limit=${MOST_IMAGES}`).catch(() => null);
  answer?.images.toReversed().forEach(arrive);
}

card.querySelector("[data-capture]").addEventListener("click", () => captureOn(card));
setInterval(() => showAge(card), 1000);
setInterval(() => document.hidden || drawCharts(), CHARTS_EVERY);
drawCharts();
moveAmong(".card");
captureKey(() => card, captureOn);
live({ image: arrive, node: change, event: happen, resync });
