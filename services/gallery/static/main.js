// On every page: ticking times, the help, and the keys that work everywhere.

import { address, here } from "./api.js";
import { startBoxes } from "./boxes.js";
import { byId } from "./dom.js";
import { startTicking, zoned } from "./time.js";

document.documentElement.classList.add("js");
startTicking();

zoned(document);

const help = byId("help");
byId("help-button")?.addEventListener("click", () => help.showModal());

function focusFilter() {
  const first = document.querySelector("[data-first-filter]");
  const details = first?.closest("details");
  if (details) details.open = true;
  first?.focus();
}

function back() {
  const own = document.referrer.startsWith(location.origin);
  if (own && history.length > 1) history.back();
  else location.assign(address(here().startsWith("/nodes/") ? "/nodes" : "/"));
}

// A picture that has expired meanwhile leaves its place empty.
document.addEventListener("error", ({ target }) => {
  if (target instanceof HTMLImageElement) target.classList.add("is-gone");
}, true);

const KEYS = { "?": () => help.showModal(), "/": focusFilter, b: startBoxes() };

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea");
  if (event.key === "Escape" && typing) event.target.blur();
  if (event.defaultPrevented || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open], .pswp")) return;
  if (event.key === "Escape" && /^\/(images|nodes)\/./.test(here())) back();
  const action = KEYS[event.key];
  if (action) {
    event.preventDefault();
    action();
  }
});
