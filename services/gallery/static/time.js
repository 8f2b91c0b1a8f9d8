// Times in the reader's own zone and language; relative ones tick.

const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const hour = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

export const now = () => Date.now() / 1000;
export const dayOf = (timestamp) => day.format(timestamp * 1000);

function ago(timestamp) {
  const seconds = now() - timestamp;
  if (seconds < -60) return "in the future";
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  }
  return seconds < 2 ? "now" : `${Math.floor(seconds)} s ago`;
}

function tick() {
  for (const element of document.querySelectorAll("time[data-ago]")) {
    if (!element.dataset.ago) continue;
    const words = ago(Number(element.dataset.ago));
    if (element.textContent !== words) element.textContent = words;
  }
}

// The times inside an element that the server has made.
export function localise(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const { ago: relative, clock: short, full, hour: rough } = element.dataset;
    if (relative) {
      element.textContent = ago(Number(relative));
      element.title = whole.format(Number(relative) * 1000);
    }
    if (short) element.textContent = clock.format(Number(short) * 1000);
    if (rough) element.textContent = hour.format(Number(rough) * 1000);
    if (full) element.textContent = whole.format(Number(full) * 1000);
  }
}

// Times that are typed or chosen are meant in the reader's own zone.
export function zoned(root) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const field of root.querySelectorAll("[data-zone]")) field.value = zone;
  for (const link of root.querySelectorAll("[data-zoned]")) link.search += `&tz=${encodeURIComponent(zone)}`;
}

export function startTicking() {
  localise(document);
  setInterval(tick, 1000);
}
