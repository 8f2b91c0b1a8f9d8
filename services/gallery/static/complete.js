// Completion of the filter line, from the table by which the server reads it.

import { byId } from "./dom.js";

const MOST = 8;

const field = byId("line");
const list = byId("options");
const terms = JSON.parse(field.dataset.terms);

let chosen = -1;

// The word in which the caret is, and where it begins. A space between quotes ends no word.
function wordAtCaret() {
  const before = field.value.slice(0, field.selectionStart);
  const start = before.length - /(?:"[^"]*"?|[^\s"])*$/.exec(before)[0].length;
  return { start, text: before.slice(start) };
}

const quoted = (value) => (/\s/.test(value) && !value.startsWith('"') ? `"${value}"` : value);

// What may stand in place of a word, and what it means.
function offers(text) {
  const colon = text.indexOf(":");
  if (colon < 0) {
    const names = terms.filter(({ name }) => name.startsWith(text.toLowerCase()));
    return names.map(({ name, what }) => ({ word: `${name}:`, what }));
  }
  const term = terms.find(({ name }) => name === text.slice(0, colon).toLowerCase());
  if (!term) return [];
  const comma = term.several ? text.lastIndexOf(",") : -1;
  const [head, typed] = [text.slice(0, Math.max(colon, comma) + 1), text.slice(Math.max(colon, comma) + 1)];
  const fit = term.values.map(quoted).filter((value) => value.startsWith(typed) && value !== typed);
  return fit.map((value) => ({ word: head + value, what: term.what, whole: true }));
}

function hide() {
  list.hidden = true;
  chosen = -1;
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

function choose(index) {
  const options = [...list.children];
  chosen = (index + options.length) % options.length;
  options.forEach((each, number) => each.setAttribute("aria-selected", String(number === chosen)));
  options[chosen].scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", options[chosen].id);
}

function take(option) {
  const { start } = wordAtCaret();
  const { word, whole } = option.dataset;
  const rest = field.value.slice(field.selectionStart);
  const space = whole && !rest.startsWith(" ") ? " " : "";
  field.value = field.value.slice(0, start) + word + space + rest;
  field.setSelectionRange(start + word.length + space.length, start + word.length + space.length);
  show();
}

function option({ word, what, whole }, number) {
  const row = document.createElement("li");
  row.id = `option-${number}`;
  row.setAttribute("role", "option");
  row.dataset.word = word;
  if (whole) row.dataset.whole = "yes";
  row.append(Object.assign(document.createElement("b"), { textContent: word }), Object.assign(document.createElement("span"), { textContent: what }));
  return row;
}

function show() {
  const found = offers(wordAtCaret().text).slice(0, MOST);
  if (!found.length || field.selectionStart !== field.selectionEnd) {
    hide();
    return;
  }
  list.replaceChildren(...found.map(option));
  list.hidden = false;
  chosen = -1;
  field.setAttribute("aria-expanded", "true");
  field.removeAttribute("aria-activedescendant");
}

for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
  field.setAttribute(name, value);
}
field.addEventListener("input", show);
field.addEventListener("click", show);
field.addEventListener("focus", show);
field.addEventListener("blur", hide);
field.addEventListener("keydown", (event) => {
  if (list.hidden) return;
  if (event.key === "ArrowDown") choose(chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
  else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) take(list.children[chosen]);
  else if (event.key === "Escape") hide();
  else return;
  event.preventDefault();
  event.stopPropagation();
});
list.addEventListener("pointerdown", (event) => {
  event.preventDefault(); // the field keeps the focus
  const row = event.target.closest("[role=option]");
  if (row) take(row);
});
