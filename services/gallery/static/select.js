// Selecting several pictures (Select, shift and click, a long press, x, Ctrl-A), and what to do with them.

import { address, post } from "./api.js";
import { byId, toast } from "./dom.js";
import { deleteFound, removeWithUndo } from "./remove.js";
import { askTags } from "./tag.js";

const LONG_PRESS = 500; // milliseconds
const MOVED = 10; // pixels: then it is no press but a swipe
const MOST_AT_ONCE = 1000; // ids in one request

const plural = (count) => (count === 1 ? "1 picture" : `${count} pictures`);

function download(pairs) {
  const form = Object.assign(document.createElement("form"), { method: "post", action: address("/api/images.zip"), hidden: true });
  for (const [name, value] of pairs) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  document.body.append(form);
  form.submit();
  form.remove();
}

// `list` gives the cards as they are now, `hasMore` whether others match, `watch` the search's filters.
export function selecting(grid, { list, hasMore, watch, ended }) {
  const bar = byId("selection");
  const chosen = new Set();
  let last = null;
  let active = false;
  let all = false; // that match, loaded or not

  function show() {
    document.body.classList.toggle("is-selecting", active);
    byId("select").setAttribute("aria-pressed", String(active));
    for (const card of list()) card.classList.toggle("is-selected", chosen.has(card.dataset.id));
    bar.hidden = !active;
    byId("selected").textContent = all ? "All that match" : `${chosen.size} selected`;
    byId("select-all").hidden = all || !hasMore() || chosen.size < list().length;
    for (const button of bar.querySelectorAll("[data-needs]")) button.disabled = !chosen.size || (all && button.dataset.needs === "ids");
  }

  function stop() {
    active = all = false;
    chosen.clear();
    last = null;
    show();
    ended();
  }

  function toggle(card, range) {
    active = true;
    all = false;
    const cards = list();
    const [from, to] = [cards.indexOf(last ?? card), cards.indexOf(card)].sort((a, b) => a - b);
    if (range && from >= 0) cards.slice(from, to + 1).forEach((each) => chosen.add(each.dataset.id));
    else if (!chosen.delete(card.dataset.id)) chosen.add(card.dataset.id);
    last = card;
    show();
  }

  function every() {
    active = true;
    list().forEach((card) => chosen.add(card.dataset.id));
    show();
  }

  async function each(what, words, more = {}) {
    const ids = [...chosen];
    try {
      let done = 0;
      for (let start = 0; start < ids.length; start += MOST_AT_ONCE) {
        done += (await post(`/api/images/${what}`, { ids: ids.slice(start, start + MOST_AT_ONCE), ...more })).done.length;
      }
      toast(`${plural(done)} ${words}.`);
      stop();
    } catch (error) {
      toast(error.message, { kind: "bad" });
    }
  }

  function found() {
    const filter = {};
    for (const name of new Set(new URLSearchParams(watch).keys())) filter[name] = new URLSearchParams(watch).getAll(name);
    filter.until ??= [String(Date.now() / 1000)]; // what comes in meanwhile is not meant
    return filter;
  }

  async function remove() {
    const gone = all ? await deleteFound(found()) : await removeWithUndo([...chosen]);
    if (gone) stop();
  }

  const ACTS = {
    keep: () => each("keep", "kept"),
    release: () => each("release", "released"),
    tag: async () => {
      const tags = await askTags();
      if (tags) await each("tag", tags.add ? "tagged" : "lost the tag", tags);
    },
    zip: () => download(all ? Object.entries(found()).flatMap(([name, values]) => values.map((value) => [name, value])) : [["id", [...chosen].join(",")]]),
    delete: remove,
    cancel: stop,
    all: () => {
      all = true;
      show();
    },
  };
  bar.addEventListener("click", (event) => ACTS[event.target.closest("[data-act]")?.dataset.act]?.());
  byId("select").addEventListener("click", () => {
    if (active) stop();
    else {
      active = true;
      show();
    }
  });

  // Before the lightbox, which leaves alone what was prevented.
  grid.addEventListener("click", (event) => {
    const card = event.target.closest(".card");
    if (!card || event.ctrlKey || event.metaKey || !(active || event.shiftKey)) return;
    event.preventDefault();
    toggle(card, event.shiftKey);
  }, true);

  let press = null;
  grid.addEventListener("pointerdown", (event) => {
    const card = event.target.closest(".card");
    if (!card || event.pointerType === "mouse" || active) return;
    press = { x: event.clientX, y: event.clientY, timer: setTimeout(() => toggle(card, false), LONG_PRESS) };
    grid.addEventListener("click", (click) => active && click.preventDefault(), { once: true, capture: true });
  });
  const letGo = () => clearTimeout(press?.timer);
  grid.addEventListener("pointermove", (event) => press && Math.hypot(event.clientX - press.x, event.clientY - press.y) > MOVED && letGo());
  for (const kind of ["pointerup", "pointercancel", "scroll"]) addEventListener(kind, letGo, { passive: true });
  grid.addEventListener("contextmenu", (event) => active && event.preventDefault());

  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open], .pswp") || event.target.closest?.("input, select, textarea")) return;
    const card = event.target.closest?.(".card");
    if ((event.ctrlKey || event.metaKey) && event.key === "a" && list().length) every();
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "x" && card) toggle(card, event.shiftKey);
    else if (event.key === "Escape" && active) stop();
    else if (event.key === "Delete" && chosen.size) remove();
    else return;
    event.preventDefault();
  });
}
