// What is shown: choices by select, attentions by checkbox, text in any field.

let chosen = new FormData(); // what the form says, read once for the many questions that are asked of it
const FIELDS = ["dataset", "network", "scale", "status"];

function buildFilters(onChange) {
  const form = byId("filters");
  byId("fields").append(
    labelled("Metric", metricChoice()),
    ...FIELDS.map((field) => labelled(capitalised(field), choice(field, fieldValues(field)))),
    labelled("Search", element("input", { type: "search", name: "text", placeholder: "seed=1, hash, error …" })),
  );
  byId("attentions").append(...data.attentions.map((attention) => element(
    "label", { class: "chip" },
    element("input", { type: "checkbox", name: "attention", value: attention, checked: true }), swatch(attention), element("span", {}, attention),
  )));
  form.addEventListener("submit", (event) => event.preventDefault());
  const changed = () => {
    readFilters();
    onChange();
  };
  form.addEventListener("input", changed);
  form.addEventListener("reset", () => requestAnimationFrame(changed)); // the fields are reset after the event
  readFilters();
}

function readFilters() {
  chosen = new FormData(byId("filters"));
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
