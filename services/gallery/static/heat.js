// Where on a picture, and at which hours, something was seen.

import { get } from "./api.js";
import { shape } from "./polygon.js";

const HEIGHT = 48; // of the highest bar

// Shows it over a drawing and as bars; what it found, in words.
export async function showHeat(drawing, bars, node, what, since) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const query = new URLSearchParams({ node, what, since, tz: zone });
  const found = await get(`/api/images/where?${query}`);
  hideHeat(drawing, bars);
  const [width, height] = drawing.size;
  const most = Math.max(1, ...found.cells.map(([, , count]) => count));
  const layer = shape("g", { class: "heat" });
  const [across, down] = [width / found.columns, height / found.rows];
  for (const [column, row, count] of found.cells) {
    const opacity = (0.2 + 0.65 * Math.sqrt(count / most)).toFixed(2);
    layer.append(shape("rect", { x: column * across, y: row * down, width: across, height: down, opacity }));
  }
  drawing.svg.prepend(layer);
  showHours(bars, found.hours);
  const some = found.whole ? "" : "the newest ";
  return `${what}: ${found.things} in ${some}${found.pictures} pictures.`;
}

export function hideHeat(drawing, bars) {
  drawing.svg.querySelector(".heat")?.remove();
  bars.hidden = true;
}

function showHours(bars, hours) {
  const most = Math.max(1, ...hours);
  bars.replaceChildren();
  hours.forEach((count, hour) => {
    const height = (HEIGHT * count) / most;
    const bar = shape("rect", { x: hour * 10 + 1, y: HEIGHT - height, width: 8, height });
    bar.append(shape("title", {}, `${hour}:00: ${count}`));
    bars.append(bar);
    if (hour % 6 === 0) bars.append(shape("text", { x: hour * 10 + 5, y: 58 }, `${hour}:00`));
  });
  bars.hidden = false;
}
