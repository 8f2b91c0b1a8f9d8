// Deleting pictures, and taking it back.

import { post } from "./api.js";
import { byId, toast } from "./dom.js";

export const UNDO_SECONDS = 10;
const MOST_AT_ONCE = 1000; // ids in one request

const count = (number) => (number === 1 ? "1 picture" : `${number} pictures`);

async function bringBack(ids) {
  try {
    let back = 0;
    for (let start = 0; start < ids.length; start += MOST_AT_ONCE) {
      back += (await post("/api/images/restore", { ids: ids.slice(start, start + MOST_AT_ONCE) })).restored.length;
    }
    toast(`${count(back)} brought back.`);
  } catch (error) {
    toast(error.message, { kind: "bad" });
  }
}

function tell({ deleted, kept }) {
  const stay = kept ? ` ${count(kept)} stay: release what is kept first.` : "";
  if (deleted.length) toast(`${count(deleted.length)} deleted.${stay}`, { seconds: UNDO_SECONDS, act: ["Undo", () => bringBack(deleted)] });
  else toast(stay.trim() || "It has gone already.", { kind: "bad" });
  return deleted.length ? deleted : null;
}

// The ids of those that have gone; none where nothing has.
export async function removeWithUndo(ids) {
  try {
    return tell(await post("/api/images/delete", { ids }));
  } catch (error) {
    toast(error.message, { kind: "bad" });
    return null;
  }
}

// All that a search finds, after a question that says how many.
export async function deleteFound(filter) {
  try {
    const { deleted, bytes } = await post("/api/images/delete", { filter, dry_run: true });
    const sure = byId("sure");
    byId("sure-words").textContent = `${count(deleted.length)}, ${(bytes / 1e6).toFixed(1)} MB. They can be brought back for ${UNDO_SECONDS} seconds.`;
    sure.showModal();
    await new Promise((resolve) => sure.addEventListener("close", resolve, { once: true }));
    return sure.returnValue === "yes" ? tell(await post("/api/images/delete", { filter })) : null;
  } catch (error) {
    toast(error.message, { kind: "bad" });
    return null;
  }
}
