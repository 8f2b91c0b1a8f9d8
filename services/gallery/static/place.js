// Pieces of pages, made by the server: from the event stream or from a page's own address.

import { page } from "./api.js";
import { localise } from "./time.js";

const AGAIN = 2000; // milliseconds
const TRIES = 15;

export function made(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  localise(template.content);
  return document.adoptNode(template.content.firstElementChild); // or its links lead nowhere
}

// The main part of a page as it would be drawn now. Raises an Error for people.
export const mainOf = async (path) => made(await page(path));

// The same, tried again for a while: after a gap nobody else brings what was missed. null at last.
export async function drawnAnew(path) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const main = await mainOf(path).catch(() => null);
    if (main) return main;
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
  return null;
}

function swap(old, fresh) {
  const [image, next] = [old.querySelector("img"), fresh.querySelector("img")];
  if (!image || !next) {
    old.replaceWith(fresh);
    return;
  }
  if (fresh.hasAttribute("href") && !("keep" in old.dataset)) old.setAttribute("href", fresh.getAttribute("href"));
  if (image.src === next.src || image.dataset.playing) return;
  image.classList.remove("is-gone");
  image.src = next.src; // the old picture stays until the new one is there
}

// Takes over what was seen in a picture, and said of it, after its card was made.
export function renew(card, fresh) {
  const [old, next] = [card, fresh].map((each) => each.querySelector(".card__frame"));
  for (const each of old.querySelectorAll(":scope > :not(img)")) each.remove();
  old.append(...next.querySelectorAll(":scope > :not(img)"));
  card.querySelector(".card__facts").replaceWith(fresh.querySelector(".card__facts"));
}

// Takes over what has changed; what people have in hand (a button, its result) is not touched.
export function refresh(element, fresh) {
  Object.assign(element.dataset, fresh.dataset);
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = element.querySelector(`[data-part="${part.dataset.part}"]`);
    if (old && !old.isEqualNode(part)) swap(old, part);
  }
}
