// A line with its range from least to most, as inline SVG.

const fine = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const round = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const number = (value) => (Math.abs(value) < 100 ? fine : round).format(value);

const WIDTH = 600;
const HEIGHT = 100;
const SVG = "http://www.w3.org/2000/svg";

function shape(kind, attributes) {
  const element = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export function draw(chart, { readings }, unit) {
  const plot = chart.querySelector(".chart__plot");
  chart.querySelector(".chart__scale")?.remove();
  if (readings.length < 2) {
    const text = document.createElement("p");
    text.textContent = readings.length ? "One reading so far." : "No readings yet.";
    plot.replaceChildren(text);
    return;
  }
  const low = Math.min(...readings.map((each) => each.least));
  const high = Math.max(...readings.map((each) => each.most));
  const [start, end] = [readings[0].timestamp, readings.at(-1).timestamp];
  const x = (each) => (((each.timestamp - start) / (end - start)) * WIDTH).toFixed(1);
  const y = (value) => (high > low ? HEIGHT - ((value - low) / (high - low)) * HEIGHT : HEIGHT / 2).toFixed(1);
  const path = (name, list) => list.map((each) => `${x(each)},${y(each[name])}`).join(" ");
  const picture = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  const span = number(low) === number(high) ? number(low) : `${number(low)} to ${number(high)}`;
  const words = `${span} ${unit}`;
  picture.append(
    Object.assign(shape("title", {}), { textContent: words }),
    shape("polygon", { class: "band", points: `${path("most", readings)} ${path("least", readings.toReversed())}` }),
    shape("polyline", { class: "line", points: path("average", readings) }),
  );
  plot.replaceChildren(picture);
  const scale = document.createElement("div");
  scale.className = "chart__scale";
  const hours = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  for (const text of [hours.format(start * 1000), words, hours.format(end * 1000)]) {
    scale.append(Object.assign(document.createElement("span"), { textContent: text }));
  }
  chart.append(scale);
  const output = chart.querySelector("output");
  output.textContent = `${number(readings.at(-1).average)} ${unit}`;
}
