// The zones of a node: drawn on its last picture, named, saved.

import { put, remove } from "./api.js";
import { byId } from "./dom.js";
import { hideHeat, showHeat } from "./heat.js";
import { Drawing } from "./polygon.js";

const page = byId("zones");
const { node } = page?.dataset ?? {};
const areas = []; // { kind: "zone" or "ignore", name, labels, points }
let chosen = 0;

const list = byId("areas");
const least = byId("least");
const form = byId("rules");

function filled(template, values) {
  const row = byId(template).content.firstElementChild.cloneNode(true);
  for (const [name, value] of Object.entries(values)) row.querySelector(`[name="${name}"]`).value = value;
  return row;
}

function areaRow(area) {
  const row = filled("area", area.kind === "zone" ? { name: area.name, labels: area.labels } : {});
  for (const each of row.querySelectorAll(area.kind === "zone" ? "[data-ignore]" : "[data-zone]")) each.remove();
  row.addEventListener("input", ({ target }) => {
    area[target.name] = target.value;
    drawing.draw();
  });
  row.querySelector("[data-choose]").addEventListener("click", () => choose(areas.indexOf(area)));
  row.querySelector("[data-remove]").addEventListener("click", () => {
    areas.splice(areas.indexOf(area), 1);
    row.remove();
    choose(Math.max(0, areas.length - 1));
  });
  return row;
}

function limitRow(label, { score, size }) {
  const row = filled("limit", { label, score, size });
  row.querySelector("[data-remove]").addEventListener("click", () => row.remove());
  return row;
}

function choose(number) {
  chosen = number;
  [...list.children].forEach((row, at) => row.querySelector("[data-choose]").setAttribute("aria-pressed", String(at === chosen)));
  drawing.draw();
}

function add(kind, { name = "", labels = "person", points = [[30, 30], [70, 30], [70, 70], [30, 70]] } = {}) {
  const area = { kind, name, labels, points: points.map((each) => [...each]) };
  areas.push(area);
  list.append(areaRow(area));
  choose(areas.length - 1);
  return list.lastElementChild;
}

function show(rules) {
  areas.length = 0;
  list.replaceChildren();
  least.replaceChildren();
  for (const [name, zone] of Object.entries(rules.zones)) add("zone", { name, labels: zone.labels.join(", "), points: zone.points });
  for (const points of rules.ignore) add("ignore", { points });
  for (const [label, each] of Object.entries(rules.least)) least.append(limitRow(label, each));
  form.elements.seen.value = rules.steady.seen;
  form.elements.of.value = rules.steady.of;
  choose(0);
}

const words = (text) => text.split(",").map((each) => each.trim()).filter(Boolean);

// What the form says, as the API takes it.
function said() {
  const zones = areas.filter((each) => each.kind === "zone");
  if (new Set(zones.map((each) => each.name)).size < zones.length) throw new Error("Two zones have the same name.");
  const value = (row, name) => row.querySelector(`[name="${name}"]`).value;
  return {
    zones: Object.fromEntries(zones.map(({ name, labels, points }) => [name, { points, labels: words(labels) }])),
    ignore: areas.filter((each) => each.kind === "ignore").map((each) => each.points),
    least: Object.fromEntries([...least.children].map((row) => [value(row, "label").trim(), { score: Number(value(row, "score")), size: Number(value(row, "size")) }])),
    steady: { seen: Number(form.elements.seen.value), of: Number(form.elements.of.value) },
  };
}

function tell(text, kind) {
  byId("result").textContent = text;
  byId("result").dataset.kind = kind;
}

async function save(event) {
  event.preventDefault();
  try {
    await put(`/api/nodes/${node}/zones`, said());
    byId("settings").hidden = false;
    tell("Saved: it holds from the next picture on.", "good");
  } catch (error) {
    tell(error.message, "bad");
  }
}

async function forget() {
  try {
    await remove(`/api/nodes/${node}/zones`);
    location.reload();
  } catch (error) {
    tell(error.message, "bad");
  }
}

async function toggleHeat() {
  const button = byId("heat");
  const shown = button.getAttribute("aria-pressed") === "true";
  const told = byId("heat-words");
  try {
    told.textContent = "";
    if (shown) hideHeat(drawing, byId("hours"));
    else told.textContent = await showHeat(drawing, byId("hours"), node, byId("what").value.trim(), byId("since").value);
    button.setAttribute("aria-pressed", String(!shown));
  } catch (error) {
    told.textContent = error.message;
  }
}

const drawing = page && new Drawing(byId("drawing"), areas, () => chosen);

function start() {
  const image = byId("shown");
  show(JSON.parse(page.dataset.rules));
  if (image.complete) drawing.fit(image);
  image.addEventListener("load", () => drawing.fit(image));
  form.addEventListener("submit", save);
  byId("settings").addEventListener("click", forget);
  byId("heat").addEventListener("click", toggleHeat);
  for (const button of form.querySelectorAll("[data-add]")) {
    button.addEventListener("click", () => {
      const { add: kind } = button.dataset;
      if (kind === "least") least.append(limitRow("person", { score: 0.5, size: 0 }));
      const row = kind === "least" ? least.lastElementChild : add(kind);
      row.querySelector("input, button").focus();
    });
  }
}

if (page) start();
