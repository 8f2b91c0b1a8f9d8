// Boxes over what a camera sees now: on a still those of that very picture, on a film those of the
// newest picture that was looked at, for as long as they may be true.

import { made } from "./place.js";

const TRUE_FOR = 5; // seconds

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
  const { newest, seen } = of(element);
  const looked = people !== undefined && people !== null && timestamp >= (seen?.at ?? 0);
  const fresh = looked && { id, at: timestamp, heard: performance.now(), boxes: made(html).querySelector(".boxes") };
  known.set(element, { newest: Math.max(newest, timestamp), seen: fresh || seen });
}

// By the picture's own clock and by ours: a browser's may be wrong, and a worker behind.
const mayBeTrue = ({ newest, seen }) => newest - seen.at < TRUE_FOR && performance.now() - seen.heard < 1000 * TRUE_FOR;

// Draws them, or takes them away; `still` is the id of the picture that is shown, if no film is.
export function showSeen(element, still) {
  const frame = frameOf(element);
  const { newest, seen } = of(element);
  const holds = seen && (still ? seen.id === still : mayBeTrue({ newest, seen }));
  const wanted = holds ? seen.boxes : null;
  const shown = frame?.querySelector(".boxes");
  if (!frame || shown === wanted) return;
  shown?.remove();
  if (wanted) frame.append(wanted);
}
