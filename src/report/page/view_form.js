// The form above the figures in which a reader chooses what is shown.

import { isAny, MEASURES, SOURCES } from "./choice.js";
import { element } from "./dom.js";
import { dayOf, nameOf } from "./format.js";
import { authorsOf, words } from "./view.js";

const option = (value, label) => element("option", { value }, label);

function select(name, label, options) {
  const box = element("select", { name, id: `view-${name}` }, ...options);
  return element("div", {}, element("label", { for: `view-${name}` }, label), box);
}

function date(name, label, { from, to }) {
  const last = to ? new Date(dayOf(to).getTime() - 86400000).toISOString().slice(0, 10) : null;
  const box = element("input", { type: "date", name, id: `view-${name}`, min: from, max: last });
  return element("div", {}, element("label", { for: `view-${name}` }, label), box);
}

// Fills the form for a document, and shows `choice` in it.
export function fillForm(form, study, choice, change) {
  form.hidden = !study.cubes || !study.header.range?.from;
  if (form.hidden) return;
  const read = () => {
    const chosen = {};
    for (const [name, value] of new FormData(form)) if (value !== "") chosen[name] = value;
    return chosen;
  };
  const focused = form.contains(document.activeElement) ? document.activeElement.name : null;
  const reset = element("button", { type: "reset", disabled: !isAny(choice) }, "Show everything");
  form.replaceChildren(
    date("from", "Weeks from", study.header.range),
    date("to", "to", study.header.range),
    select("source", "Source", [
      option("", "All models"),
      ...[...SOURCES].map(([value, [label]]) => option(value, label)),
    ]),
    select("author", "Author", [
      option("", "All authors"),
      ...authorsOf(study).map((name) => option(name, nameOf(name))),
    ]),
    select("as", "Measure", [
      option("", "As each figure has it"),
      ...[...MEASURES].map(([value, label]) => option(value, label)),
    ]),
    reset,
    element("p", { role: "status" }, choice.from || choice.to || choice.source || choice.author ? told(choice) : ""),
  );
  for (const box of form.querySelectorAll("select, input")) box.value = choice[box.name] ?? "";
  form.onchange = () => change(read());
  form.onreset = () => change({});
  form.onsubmit = (event) => event.preventDefault();
  if (focused) form.elements[focused]?.focus({ preventScroll: true });
}

const told = (choice) => `Figures show ${words(choice)}; each says what it cannot. The address of this page holds it.`;
