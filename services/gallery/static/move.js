// Moving the focus among pictures or nodes with j, k and the arrows; c captures.

import { capture, imagePage } from "./api.js";
import { toast } from "./dom.js";

const inDialogOrField = (target) =>
  document.querySelector("dialog[open], .pswp") || target.closest?.("input, select, textarea");

function columns(items) {
  const top = items[0].getBoundingClientRect().top;
  const second = items.findIndex((item) => item.getBoundingClientRect().top > top + 4);
  return second < 0 ? items.length : second;
}

export function moveAmong(selector, focusOf = (item) => item) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || inDialogOrField(event.target)) return;
    const items = [...document.querySelectorAll(selector)];
    if (!items.length) return;
    const steps = { j: 1, k: -1, ArrowRight: 1, ArrowLeft: -1 };
    if (event.key === "ArrowDown") steps.ArrowDown = columns(items);
    if (event.key === "ArrowUp") steps.ArrowUp = -columns(items);
    if (!(event.key in steps)) return;
    const current = items.findIndex((item) => item.contains(document.activeElement));
    // Without a focus the arrows scroll the page, as everywhere.
    if (current < 0 && event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const next = current < 0 ? 0 : Math.min(items.length - 1, Math.max(0, current + steps[event.key]));
    focusOf(items[next]).focus();
    items[next].scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
}

export async function captureWithToast(node) {
  toast(`Asking ${node} for a picture…`, { seconds: 40 });
  try {
    const result = await capture(node);
    const [image] = result.data.images ?? [];
    toast(`${node} took a picture.`, { link: image && imagePage(image) });
  } catch (error) {
    toast(error.message, { kind: "bad", seconds: 10 });
  }
}

export function captureKey(nodeInFocus, act = captureWithToast) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "c" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (inDialogOrField(event.target)) return;
    const node = nodeInFocus();
    if (node) act(node);
    else toast("Move to a picture or a node first (j and k), then press c.");
  });
}
