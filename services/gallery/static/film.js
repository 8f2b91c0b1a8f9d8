// Films where <img> cannot show them: Home Assistant's ingress drops the boundary of the parts from
// the content type. Each part says how long it is, which is all that is needed here.

import { address } from "./api.js";

const AGAIN = 3000; // milliseconds until a film that broke off is asked for again
const LONGEST_HEAD = 500; // bytes

function join(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

// The first part and what comes after it; nothing while it is not there as a whole.
function split(bytes) {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, LONGEST_HEAD));
  const start = text.indexOf("\r\n\r\n") + 4;
  const length = Number(/content-length: *(\d+)/i.exec(text.slice(0, start))?.[1] ?? NaN);
  if (start < 4 || !(bytes.length >= start + length)) return null;
  return [bytes.slice(start, start + length), bytes.subarray(start + length)];
}

function show(image, jpeg) {
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
}

async function follow(image) {
  const response = await fetch(address(image.dataset.film));
  if (!response.ok) return;
  const reader = response.body.getReader();
  let rest = new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest = join(rest, value);
    let newest = null;
    for (let parts = split(rest); parts; parts = split(rest)) [newest, rest] = parts;
    if (newest) show(image, newest);
  }
}

async function play(image) {
  await follow(image).catch(() => {});
  setTimeout(() => play(image), AGAIN);
}

document.querySelectorAll("img[data-film]").forEach(play);
