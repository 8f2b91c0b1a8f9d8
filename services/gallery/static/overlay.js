// Boxes over what a camera sees now: on a still those of that very picture, on a film those of the
// newest picture that was looked at, for as long as they may be true.

import { get } from "./api.js";
import { made } from "./place.js";
import { shape } from "./polygon.js";

const TRUE_FOR = 5; // seconds

const FRAME_FOR = 1500; // milliseconds that the boxes of a frame are shown
const ASK = 250; // milliseconds, while frames are looked at
const ASK_SELDOM = 5000;

const known = new WeakMap(); // a camera's element -> its newest picture, and the last one looked at

const frameOf = (element) => element.querySelector(".node__frame, .film__frame");
const of = (element) => known.get(element) ?? { newest: 0, seen: null };

// What the server has drawn.
export function beginSeen(element, drawn = element) {
  const { image, taken } = drawn.dataset;
  if (!image) return;
  const seen = { id: image, at: Number(taken), heard: performance.now(), boxes: frameOf(drawn).querySelector(".boxes") };
  known.set(element, { newest: seen.at, seen });
}

// What the event stream tells of a picture: first that there is one, later what was seen in it.
export function noteSeen(element, { id, timestamp, people, html }) {
  const { newest, seen, film } = of(element);
  const looked = people !== undefined && people !== null && timestamp >= (seen?.at ?? 0);
  const fresh = looked && { id, at: timestamp, heard: performance.now(), boxes: made(html).querySelector(".boxes") };
  known.set(element, { newest: Math.max(newest, timestamp), seen: fresh || seen, film });
}

// By the picture's own clock and by ours: a browser's may be wrong, and a worker behind.
const mayBeTrue = ({ newest, seen }) => newest - seen.at < TRUE_FOR && performance.now() - seen.heard < 1000 * TRUE_FOR;

function framed(things) {
  const named = things.map((each) => each.label).join(", ");
  const svg = shape("svg", { class: "boxes", viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img", "aria-label": `Seen: ${named}` });
  for (const { kind, box: [x, y, width, height] } of things) {
    const group = shape("g", { "data-kind": kind });
    group.append(shape("rect", { x, y, width, height }));
    svg.append(group);
  }
  return svg;
}

// Where the frames of the film themselves are looked at, their boxes come before those of pictures.
export async function followFrames(element, node) {
  const found = document.hidden ? null : await get(`/api/nodes/${node}/film`).catch(() => null);
  const before = element.dataset.frame;
  if (found?.frame) {
    element.dataset.frame = found.frame;
    if (before && found.frame !== before) {
      const boxes = found.things.length ? framed(found.things) : null;
      known.set(element, { ...of(element), film: { boxes, heard: performance.now() } });
      showSeen(element, "");
    }
  }
  setTimeout(() => followFrames(element, node), found?.frame && isFilmed(element, before) ? ASK : ASK_SELDOM);
}

const isFilmed = (element, before) => !before || performance.now() - (of(element).film?.heard ?? 0) < 1000 * TRUE_FOR;

// Draws them, or takes them away; `still` is the id of the picture that is shown, if no film is.
export function showSeen(element, still) {
  const frame = frameOf(element);
  const { newest, seen, film } = of(element);
  if (!still && film && performance.now() - film.heard < FRAME_FOR) {
    put(frame, film.boxes);
    return;
  }
  const holds = seen && (still ? seen.id === still : mayBeTrue({ newest, seen }));
  put(frame, holds ? seen.boxes : null);
}

function put(frame, wanted) {
  const shown = frame?.querySelector(".boxes");
  if (!frame || shown === wanted) return;
  shown?.remove();
  if (wanted) frame.append(wanted);
}
