// A picture large, in place: zoom, pan, swipe and keys by PhotoSwipe; its neighbours are the grid's.

import PhotoSwipe from "./vendor/photoswipe/photoswipe.esm.min.js";
import { imageData } from "./api.js";
import { byId } from "./dom.js";

const USUAL = [1600, 1200]; // pixels, of a picture that does not tell
const NEAR_END = 6; // pictures before the end more are asked for
const WIDTHS = [640, 1280, 1920];

function slide(card) {
  const { id, width, height } = card.dataset;
  const whole = imageData(id);
  const sizes = WIDTHS.filter((each) => each < Number(width));
  return {
    src: whole,
    srcset: [...sizes.map((each) => `${imageData(id, each)} ${each}w`), `${whole} ${width || USUAL[0]}w`].join(", "),
    msrc: card.querySelector("img").currentSrc,
    thumbCropped: true,
    width: Number(width) || USUAL[0],
    height: Number(height) || USUAL[1],
    alt: card.querySelector("img").alt,
    element: card,
  };
}

const icon = (name) => byId("lightbox-icons").content.querySelector(`[data-icon="${name}"]`).innerHTML;

function button(box, name, title, order, act, tagName = "button") {
  box.ui.registerElement({ name, title, order, ariaLabel: title, isButton: true, tagName, html: icon(name), onClick: act });
}

function caption(box, current) {
  box.ui.registerElement({
    name: "words",
    order: 5,
    appendTo: "root",
    onInit(element) {
      box.on("change", () => {
        const [name, time, facts] = ["strong", "time", ".card__facts"].map((part) => current().querySelector(part));
        element.textContent = [name.textContent, time.title, [...facts.children].map((each) => each.textContent).join(" · ")].filter(Boolean).join(" · ");
      });
    },
  });
}

// One picture by itself, without neighbours.
export function enlarge(image, id) {
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const scale = Number(image.getAttribute("width") ?? width) / width; // what is shown may be a smaller copy
  const one = { src: imageData(id), msrc: image.currentSrc, width: width * scale, height: height * scale, alt: image.alt };
  new PhotoSwipe({ dataSource: [one], bgOpacity: 0.94 }).init();
}

// `list` gives the cards as they are now, `more` loads further ones, `remove` deletes one.
export function lightboxOn(grid, { list, more, remove, closed }) {
  let box = null;
  let leaving = null; // where to go once the grid's own place in the history is reached

  function details() {
    leaving = list()[box.currIndex].href;
    history.back();
  }

  // PhotoSwipe takes nothing while it opens: what is asked meanwhile is done then.
  const whenOpen = (act) => () => {
    const shown = box;
    if (shown?.opener.isOpen) act(shown);
    else shown?.on("openingAnimationEnd", () => act(shown));
  };
  const next = whenOpen((shown) => shown.next());
  const previous = whenOpen((shown) => shown.prev());
  const shut = whenOpen((shown) => shown.close());

  async function removeOne(card) {
    if (await remove(card)) next();
  }

  function open(card) {
    const current = () => list()[box.currIndex];
    box = new PhotoSwipe({
      index: list().indexOf(card),
      bgOpacity: 0.94,
      loop: false,
      arrowKeys: false, // below
      escKey: false,
      returnFocus: false, // to the card of the picture shown last
      preload: [1, 2],
      arrowPrevTitle: "Previous picture (←)",
      arrowNextTitle: "Next picture (→)",
      closeTitle: "Close (Esc)",
      zoomTitle: "Zoom (z)",
      showHideAnimationType: matchMedia("(prefers-reduced-motion: reduce)").matches ? "none" : "zoom",
    });
    box.addFilter("numItems", () => list().length);
    box.addFilter("itemData", (_, index) => slide(list()[index]));
    box.addFilter("thumbEl", (_, { element }) => element?.querySelector("img"));
    box.on("uiRegister", () => {
      button(box, "details", "All about it (i)", 7, details);
      button(box, "save", "Download", 8, () => location.assign(`${imageData(current().dataset.id)}?download=1`));
      button(box, "remove", "Delete (Del)", 9, () => removeOne(current()));
      caption(box, current);
    });
    box.on("change", () => {
      history.replaceState({ lightbox: true }, "", current().href);
      if (box.currIndex > list().length - NEAR_END) more();
    });
    box.on("close", () => {
      if (history.state?.lightbox) history.back();
    });
    box.on("destroy", () => {
      const last = current();
      last?.scrollIntoView({ block: "nearest" });
      last?.focus({ preventScroll: true });
      box = null;
      document.body.classList.remove("is-viewing");
      closed();
    });
    document.body.classList.add("is-viewing");
    history.pushState({ lightbox: true }, "", card.href);
    box.init();
  }

  grid.addEventListener("click", (event) => {
    const card = event.target.closest(".card");
    if (!card || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(card);
  });
  addEventListener("popstate", () => {
    if (leaving) location.assign(leaving); // a document of its own, or Back would not draw the grid
    leaving = null;
    shut();
  });
  // Not by PhotoSwipe, which listens only when its opening has begun to move.
  document.addEventListener("keydown", (event) => {
    if (!box || event.ctrlKey || event.metaKey || event.altKey) return;
    const KEYS = {
      j: next, ArrowRight: next, k: previous, ArrowLeft: previous, i: details,
      Escape: shut, Delete: () => removeOne(list()[box.currIndex]),
    };
    if (!KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });
}
