// The parts of a film (multipart), read by a script: where <img> cannot, or where one answer holds
// the films of many cameras. Each part says how long it is, which is all that is needed here.

const LONGEST_HEAD = 500; // bytes

function join(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

// The first part, its head, and what comes after it; nothing while it is not there as a whole.
function split(bytes) {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, LONGEST_HEAD));
  const start = text.indexOf("\r\n\r\n") + 4;
  const head = text.slice(0, start);
  const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? NaN);
  if (start < 4 || !(bytes.length >= start + length)) return null;
  return { head, jpeg: bytes.slice(start, start + length), rest: bytes.subarray(start + length) };
}

// The parts that have come since the last time, over and over.
export async function* parts(response) {
  const reader = response.body.getReader();
  let rest = new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest = join(rest, value);
    const found = [];
    for (let part = split(rest); part; part = split(rest)) {
      found.push(part);
      rest = part.rest;
    }
    if (found.length) yield found;
  }
}

export function show(image, jpeg) {
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.classList.remove("is-gone");
  image.src = URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
}
