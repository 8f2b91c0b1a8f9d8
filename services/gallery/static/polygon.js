// Polygons on an SVG over a picture: points are in per cent of it, corners are moved by hand or by keys.

const NAMESPACE = "http://www.w3.org/2000/svg";
const STEP = 1; // per cent, by an arrow key
const LARGE = 5;
const FEWEST = 3; // corners
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function shape(name, attributes, text = "") {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

const inside = (value) => Math.round(Math.min(100, Math.max(0, value)) * 100) / 100;

// How far a point is from the line between two others, squared.
function distance([x, y], [ax, ay], [bx, by]) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2 || 1;
  const along = Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length));
  return (x - ax - along * (bx - ax)) ** 2 + (y - ay - along * (by - ay)) ** 2;
}

// Where among the corners a new one belongs: on the side that is nearest to it.
function placeOf(points, point) {
  const far = points.map((each, at) => distance(point, each, points[(at + 1) % points.length]));
  return far.indexOf(Math.min(...far)) + 1;
}

// `areas` are { kind, name, points }; `chosen()` is the number of the one whose corners are shown.
export class Drawing {
  constructor(svg, areas, chosen) {
    Object.assign(this, { svg, areas, chosen });
    svg.addEventListener("pointerdown", (event) => this.pointer(event));
    svg.addEventListener("keydown", (event) => this.key(event));
  }

  fit(image) {
    this.size = [1000, (1000 * image.naturalHeight) / image.naturalWidth || 562];
    this.svg.setAttribute("viewBox", `0 0 ${this.size.join(" ")}`);
    this.draw();
  }

  draw(focus = -1) {
    if (!this.size) return;
    for (const each of this.svg.querySelectorAll(".area-shape")) each.remove();
    this.areas.forEach((area, number) => this.svg.append(this.group(area, number)));
    this.svg.querySelectorAll("circle")[focus]?.focus();
  }

  group(area, number) {
    const chosen = number === this.chosen();
    const group = shape("g", { class: `area-shape${chosen ? " is-chosen" : ""}`, "data-kind": area.kind });
    const corners = area.points.map((each) => this.place(each));
    group.append(shape("polygon", { points: corners.map((each) => each.join(",")).join(" ") }));
    const [x, y] = corners.reduce((sum, each) => [sum[0] + each[0] / corners.length, sum[1] + each[1] / corners.length], [0, 0]);
    group.append(shape("text", { x, y, "text-anchor": "middle", "font-size": 24 }, area.name));
    if (chosen) group.append(...corners.map((each, at) => this.corner(area, at, each)));
    return group;
  }

  corner(area, at, [cx, cy]) {
    const [x, y] = area.points[at];
    const words = `Corner ${at + 1} of ${area.points.length} of ${area.name || "where nothing counts"}: ${Math.round(x)} per cent across, ${Math.round(y)} down`;
    return shape("circle", { cx, cy, r: 11, tabindex: 0, role: "button", "aria-label": words, "aria-describedby": "how", "data-corner": at });
  }

  place([x, y]) {
    return [(x / 100) * this.size[0], (y / 100) * this.size[1]];
  }

  at(event) {
    const box = this.svg.getBoundingClientRect();
    return [inside((100 * (event.clientX - box.left)) / box.width), inside((100 * (event.clientY - box.top)) / box.height)];
  }

  pointer(event) {
    const area = this.areas[this.chosen()];
    if (!area || event.button) return;
    event.preventDefault();
    const touched = event.target.dataset.corner;
    const at = touched === undefined ? placeOf(area.points, this.at(event)) : Number(touched);
    if (touched === undefined) area.points.splice(at, 0, this.at(event));
    this.draw(at);
    const move = (moved) => {
      area.points[at] = this.at(moved);
      this.draw(at);
    };
    this.svg.setPointerCapture(event.pointerId);
    this.svg.addEventListener("pointermove", move);
    const end = () => this.svg.removeEventListener("pointermove", move);
    for (const kind of ["pointerup", "pointercancel"]) this.svg.addEventListener(kind, end, { once: true });
  }

  key(event) {
    const area = this.areas[this.chosen()];
    const at = Number(event.target.dataset.corner ?? NaN);
    if (!area || Number.isNaN(at) || event.ctrlKey || event.metaKey || event.altKey) return;
    const { points } = area;
    if (event.key in MOVES) {
      const step = event.shiftKey ? LARGE : STEP;
      points[at] = points[at].map((value, axis) => inside(value + step * MOVES[event.key][axis]));
      this.draw(at);
    } else if (event.key === "+" || event.key === "Enter") {
      const following = points[(at + 1) % points.length];
      points.splice(at + 1, 0, points[at].map((value, axis) => inside((value + following[axis]) / 2)));
      this.draw(at + 1);
    } else if ((event.key === "Delete" || event.key === "Backspace") && points.length > FEWEST) {
      points.splice(at, 1);
      this.draw(Math.min(at, points.length - 1));
    } else return;
    event.preventDefault();
  }
}
