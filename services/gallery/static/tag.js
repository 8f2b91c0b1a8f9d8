// Tags and the note of pictures: asked for several, and on the page of one.

import { post } from "./api.js";
import { byId, toast } from "./dom.js";

const words = (text) => text.split(",").map((each) => each.trim()).filter(Boolean);

// What is to be said of several: { add } or { remove }; null where nothing is.
export async function askTags() {
  const dialog = byId("tagging");
  const field = byId("tag-words");
  field.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  const tags = words(field.value);
  return tags.length && ["add", "remove"].includes(dialog.returnValue) ? { [dialog.returnValue]: tags } : null;
}

async function say(path, body, said, done) {
  try {
    await post(path, body);
    toast(said);
    await done();
  } catch (error) {
    toast(error.message, { kind: "bad" });
  }
}

// On a picture's page; `redraw` brings what is known of it now.
export function marksOf(id, redraw) {
  const [tags, adding, noting] = ["tags", "add-tag", "note"].map(byId);
  const tag = (body, said) => say("/api/images/tag", { ids: [id], ...body }, said, redraw);
  adding.addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = adding.elements.tag;
    const add = words(field.value);
    if (!add.length) return;
    await tag({ add }, "Tagged.");
    field.value = "";
  });
  tags.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-untag]")?.dataset.untag;
    if (remove) tag({ remove: [remove] }, "The tag is gone.");
  });
  noting.addEventListener("submit", (event) => {
    event.preventDefault();
    say(`/api/images/${id}/note`, { note: noting.elements.note.value }, "The note is kept.", redraw);
  });
}

// Takes over what others have said meanwhile; not the note while somebody writes it.
export function showMarks(main) {
  const fresh = main.querySelector("#tags");
  if (!byId("tags").isEqualNode(fresh)) byId("tags").replaceChildren(...fresh.childNodes);
  const [field, text] = [byId("note"), main.querySelector("#note")].map((form) => form.querySelector("textarea"));
  if (field !== document.activeElement) field.value = text.value;
}
