// What is shown: choices by select, attentions by checkbox, text in any field.

let chosen = new FormData(); // what the form says, read once for the many questions that are asked of it
const FIELDS = ["dataset", "network", "scale", "status"];
const VARIANT = /^(lga_|none_)/; // an ablation of a block that stands beside it

function buildFilters(onChange) {
  const form = byId("filters");
  byId("fields").append(
    labelled("Metric", metricChoice()),
    ...FIELDS.map((field) => labelled(capitalised(field), choice(field, fieldValues(field)))),
    labelled("Search", element("input", { type: "search", name: "text", placeholder: "seed=1, hash, error …" })),
  );
  for (const attention of data.attentions) byId(VARIANT.test(attention) ? "variants" : "attentions").append(chip(attention, () => choose([attention])));
  const variants = data.attentions.filter((name) => VARIANT.test(name)).length;
  byId("variants-box").hidden = variants === 0;
  byId("variants-box").firstChild.textContent = `${count(variants, "variant")} of the blocks`;
  byId("all").addEventListener("click", () => choose(data.attentions));
  byId("no-attention").addEventListener("click", () => choose([]));
  form.addEventListener("submit", (event) => event.preventDefault());
  const changed = () => {
    readFilters();
    onChange();
  };
  form.addEventListener("input", changed);
  form.addEventListener("reset", () => requestAnimationFrame(changed)); // the fields are reset after the event
  readFilters();

  function choose(names) {
    for (const box of attentionBoxes()) box.checked = names.includes(box.value);
    changed();
  }
}

function attentionBoxes() {
  return [...byId("filters").querySelectorAll("[name=attention]")];
}

function chip(attention, only) {
  const box = element("input", { type: "checkbox", name: "attention", value: attention, checked: true });
  return element("span", { class: "chip" }, element("label", {}, box, swatch(attention), element("span", {}, attention)),
    element("button", { type: "button", class: "only", "aria-label": `only ${attention}`, onclick: only }, "only"));
}

function readFilters() {
  chosen = new FormData(byId("filters"));
}

// What differs from a form that was never touched, for the address, and back.
function filterState() {
  const state = {};
  for (const name of ["metric", ...FIELDS, "text"]) if (chosen.get(name) && (name !== "metric" || byId("filters").elements[name].selectedIndex > 0)) state[name] = chosen.get(name);
  const attentions = chosen.getAll("attention");
  return attentions.length === data.attentions.length ? state : { ...state, attention: attentions.join(",") };
}

function setFilters(state) {
  const fields = byId("filters").elements;
  for (const name of ["metric", ...FIELDS, "text"]) {
    const value = state.get(name) ?? "";
    if (name === "text" || [...fields[name].options].some((each) => each.value === value)) fields[name].value = value;
  }
  const names = state.get("attention")?.split(",");
  for (const box of attentionBoxes()) box.checked = !names || names.includes(box.value);
  readFilters();
}

// Of the runs, and of the published rows that have such a field.
function fieldValues(field) {
  const rows = (data.paper?.tables ?? []).flatMap((table) => table.rows);
  return [...data.runs, ...rows].map((item) => item[field]).filter(Boolean);
}

function labelled(name, field) {
  field.id = `filter-${field.name}`;
  return element("div", { class: "field" }, element("label", { for: field.id }, name), field);
}

function choice(field, values) {
  const distinct = [...new Set(values)].sort(collator.compare);
  return element("select", { name: field }, option("", "All"), ...distinct.map((value) => option(value, value)));
}

// Where tasks are judged by different metrics, the first choice is each one's own.
function metricChoice() {
  const judged = new Set(data.runs.map(({ metric }) => metric));
  const own = judged.size === 1 ? [] : [option("", "each task’s own")];
  return element("select", { name: "metric" }, ...own, ...data.metrics.map((metric) => option(metric.name, axisTitle(metric))));
}

function option(value, text) {
  return element("option", { value }, text);
}

function capitalised(text) {
  return text[0].toUpperCase() + text.slice(1);
}

// Whether the form lets a published row, or a run, through by dataset, network and attention.
function passesNames(item) {
  const passes = (field) => !chosen.get(field) || item[field] === chosen.get(field);
  return passes("dataset") && passes("network") && chosen.getAll("attention").includes(item.attention);
}

// The runs that the form lets through.
function filteredRuns() {
  const attentions = new Set(chosen.getAll("attention"));
  const words = chosen.get("text").toLowerCase().split(/\s+/).filter(Boolean);
  const fields = FIELDS.map((field) => [field, chosen.get(field)]).filter(([, value]) => value);
  return data.runs.filter((run) =>
    attentions.has(run.attention) &&
    fields.every(([field, value]) => run[field] === value) &&
    words.every((word) => searchText(run).includes(word)));
}

const searchTexts = new Map();

function searchText(run) {
  if (!searchTexts.has(run)) {
    const fields = [run.dataset, run.network, run.attention, `seed=${run.seed}`, run.scale, statusOf(run), run.hash, run.command, run.error];
    searchTexts.set(run, fields.join(" ").toLowerCase());
  }
  return searchTexts.get(run);
}

function chosenMetric() {
  return chosen.get("metric");
}
