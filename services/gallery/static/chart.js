// A line with its range from least to most (uPlot): gaps are gaps, a pointer reads it, dragging
// zooms, two clicks show all again, and one shows the pictures around that moment.

import { address } from "./api.js";

// As a script of its own: packed it is no module, and a third as long as the module is.
const loaded = new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = new URL("./vendor/uplot/uPlot.iife.min.js", import.meta.url);
  script.addEventListener("load", () => resolve(window.uPlot));
  script.addEventListener("error", reject);
  document.head.append(script);
});

const AROUND = 300; // seconds before and after what is clicked
const GAP = 3; // times the usual distance of two readings
const HEIGHT = 120; // pixels

const fine = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const round = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const number = (value) => (Math.abs(value) < 100 ? fine : round).format(value);
// As many decimals as tell one mark of the scale from the next.
const scale = (marks) => {
  const step = Math.abs((marks[1] ?? 1) - (marks[0] ?? 0));
  const format = new Intl.NumberFormat("en", { maximumFractionDigits: step >= 1 ? 0 : step >= 0.1 ? 1 : 2 });
  return (value) => format.format(value);
};
const STEPS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200]; // seconds between times
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

// 2026-06-01T12:00 in the reader's zone.
function typed(timestamp) {
  const moment = new Date(timestamp * 1000);
  return new Date(moment - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

// Columns for uPlot; where nothing came for long there is a hole.
function columns(readings) {
  const steps = readings.slice(1).map((each, index) => each.timestamp - readings[index].timestamp);
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  const rows = readings.flatMap(({ timestamp, most, least, average }, index) => {
    const row = [timestamp, most, least, average];
    return index && steps[index - 1] > GAP * usual ? [[timestamp - usual, null, null, null], row] : [row];
  });
  return [0, 1, 2, 3].map((column) => rows.map((row) => row[column]));
}

function lookAround(plot, node) {
  const at = plot.posToVal(plot.cursor.left, "x");
  const query = new URLSearchParams({ node, since: typed(at - AROUND), until: typed(at + AROUND), tz: zone });
  location.assign(address(`/?${query}`));
}

function options(width, say) {
  const [line, soft, rule] = ["accent", "soft", "line"].map(colour);
  const axis = { stroke: soft, grid: { stroke: rule, width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  const hidden = { stroke: "transparent", points: { show: false } };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, dist: 8 } },
    padding: [8, 24, 0, 0],
    series: [{}, hidden, hidden, { stroke: line, width: 2, points: { show: false } }],
    bands: [{ series: [1, 2], fill: `color-mix(in srgb, ${line} 16%, transparent)` }],
    axes: [
      { ...axis, size: 26, space: 80, incrs: STEPS, values: (_, ticks) => ticks.map((each) => clock.format(each * 1000)) },
      { ...axis, size: 52, values: (_, ticks) => ticks.map(scale(ticks)) },
    ],
    hooks: { setCursor: [(plot) => say(plot, plot.cursor.idx)] },
  };
}

function made(UPlot, chart, data, say) {
  const box = chart.querySelector(".chart__plot");
  box.replaceChildren();
  const plot = new UPlot(options(box.clientWidth, say), data, box);
  let pressed = 0;
  plot.over.addEventListener("pointerdown", (event) => { pressed = event.clientX; });
  plot.over.addEventListener("click", (event) => {
    if (Math.abs(event.clientX - pressed) < 5 && event.detail === 1) lookAround(plot, chart.closest("[data-node]").dataset.node);
  });
  plot.over.addEventListener("dblclick", () => { chart.zoomed = false; });
  plot.hooks.setSelect = [() => { chart.zoomed = true; }];
  new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT })).observe(box);
  return plot;
}

export async function draw(chart, { readings }, unit) {
  const UPlot = await loaded;
  const box = chart.querySelector(".chart__plot");
  if (readings.length < 2) {
    chart.plot?.destroy();
    chart.plot = null;
    box.replaceChildren(Object.assign(document.createElement("p"), { textContent: readings.length ? "One reading so far." : "No readings yet." }));
    return;
  }
  const output = chart.querySelector("output");
  const say = (plot, index) => {
    const [times, , , averages] = plot.data;
    const there = index === null || averages[index] === null ? null : index;
    const shown = averages[there ?? averages.length - 1];
    output.textContent = `${there === null ? "" : `${clock.format(times[there] * 1000)}  `}${number(shown)} ${unit}`;
  };
  const data = columns(readings);
  if (chart.plot) chart.plot.setData(data, !chart.zoomed);
  else chart.plot = made(UPlot, chart, data, say);
  say(chart.plot, null);
  const low = Math.min(...readings.map((each) => each.least));
  const high = Math.max(...readings.map((each) => each.most));
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", `${number(low)} to ${number(high)} ${unit}; a click shows the pictures of that time`);
}
