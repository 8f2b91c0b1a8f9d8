// A day to scrub through and to play, and films that are made of it.

import { here, imageData, post, remove } from "./api.js";
import { byId, toast } from "./dom.js";
import { mainOf } from "./place.js";

const WIDTH = 640; // pixels: of the thumbnails, which the hub keeps
const AHEAD = 8; // pictures that are fetched before they are shown
const DARK = 1; // lux
const LOOK_AGAIN = 1000; // milliseconds, while a film is made

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function player(lapse) {
  const [scrub, play, speed, dark, shown, when] = ["scrub", "play", "speed", "dark", "shown", "when"].map(byId);
  const every = [...lapse.querySelectorAll("[data-at]")];
  const image = shown.querySelector("img");
  const fetched = new Map();
  let frames = every;
  let timer = 0;

  for (const each of every) each.textContent = clock.format(each.dataset.at * 1000);

  function ahead(index) {
    for (const { dataset: { id } } of frames.slice(index, index + AHEAD)) {
      if (!fetched.has(id)) fetched.set(id, Object.assign(new Image(), { src: imageData(id, WIDTH) }));
    }
  }

  function show(index) {
    const frame = frames[index];
    if (!frame) return;
    scrub.value = index;
    image.src = imageData(frame.dataset.id, WIDTH);
    shown.href = frame.href;
    when.textContent = frame.textContent;
    scrub.setAttribute("aria-valuetext", frame.textContent);
    ahead(index + 1);
  }

  function stop() {
    clearTimeout(timer);
    timer = 0;
    play.setAttribute("aria-pressed", "false");
    play.lastElementChild.textContent = "Play";
  }

  // The next one when it is there: on a slow line the film is slow, it does not skip.
  async function step() {
    const index = Number(scrub.value) + 1;
    if (index >= frames.length) return stop();
    const began = performance.now();
    ahead(index);
    await fetched.get(frames[index].dataset.id).decode().catch(() => {});
    if (!timer) return undefined;
    show(index);
    timer = setTimeout(step, Math.max(0, 1000 / Number(speed.value) - (performance.now() - began)));
    return undefined;
  }

  scrub.addEventListener("input", () => show(Number(scrub.value)));
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(scrub.value) >= frames.length - 1) show(0);
    play.setAttribute("aria-pressed", "true");
    play.lastElementChild.textContent = "Stop";
    timer = setTimeout(step, 0);
    return undefined;
  });
  dark.addEventListener("change", () => {
    frames = every.filter(({ dataset: { lux } }) => !dark.checked || lux === "" || Number(lux) >= DARK);
    scrub.max = Math.max(0, frames.length - 1);
    show(0);
  });
  show(0);
}

async function redraw() {
  const main = await mainOf(here() + location.search).catch(() => null);
  const [list, fresh] = [byId("films"), main?.querySelector("#films")];
  if (!fresh) return;
  list.hidden = fresh.hidden;
  const known = new Map([...list.querySelectorAll("[data-film]")].map((each) => [each.dataset.film, each]));
  // A film that is looked at stays as it is.
  list.querySelector("ul").replaceChildren(...[...fresh.querySelectorAll("[data-film]")].map((each) => {
    const old = known.get(each.dataset.film);
    return old?.dataset.state === "done" && each.dataset.state === "done" ? old : each;
  }));
}

let looking = 0;
async function watch() {
  clearTimeout(looking);
  await redraw();
  if (byId("films").querySelector('[data-state="waiting"], [data-state="running"]')) looking = setTimeout(watch, LOOK_AGAIN);
}

byId("films").addEventListener("click", async (event) => {
  const id = event.target.closest("[data-drop]")?.dataset.drop;
  if (!id) return;
  try {
    await remove(`/api/timelapse/${id}`);
    await watch();
  } catch (error) {
    toast(error.message, { kind: "bad" });
  }
});

const lapse = byId("lapse");
if (lapse) {
  player(lapse);
  const form = byId("film");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { since, until, most, rate, stamp, level, dark } = form.elements;
    const filter = { node: lapse.dataset.node, tz: zone };
    if (since.value) filter.since = since.value;
    if (until.value) filter.until = until.value;
    const asked = { filter, most: Number(most.value), rate: Number(rate.value), stamp: stamp.checked, level: level.checked, tz: zone };
    try {
      await post("/api/timelapse", dark.checked ? { ...asked, least_lux: DARK } : asked);
      await watch();
    } catch (error) {
      toast(error.message, { kind: "bad" });
    }
  });
}
if (byId("films").querySelector('[data-state="waiting"], [data-state="running"]')) watch();
