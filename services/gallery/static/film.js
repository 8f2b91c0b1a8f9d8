// One large film where <img> cannot show it: Home Assistant's ingress drops the boundary of the parts
// from the content type.

import { address } from "./api.js";
import { parts, show } from "./parts.js";

const AGAIN = 3000; // milliseconds until a film that broke off is asked for again

async function follow(image) {
  const response = await fetch(address(image.dataset.film));
  if (!response.ok) return;
  for await (const found of parts(response)) show(image, found.at(-1).jpeg);
}

async function play(image) {
  await follow(image).catch(() => {});
  setTimeout(() => play(image), AGAIN);
}

document.querySelectorAll("img[data-film]").forEach(play);
