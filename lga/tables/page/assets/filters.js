// What is shown: choices by select, attentions by checkbox, text in any field.

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
  form.addEventListener("input", onChange);
  form.addEventListener("reset", () => requestAnimationFrame(onChange)); // the fields are reset after the event
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
  const form = new FormData(byId("filters"));
  const passes = (field) => !form.get(field) || item[field] === form.get(field);
  return passes("dataset") && passes("network") && form.getAll("attention").includes(item.attention);
}

// The runs that the form lets through.
function filteredRuns() {
  const form = new FormData(byId("filters"));
  const attentions = new Set(form.getAll("attention"));
  const words = form.get("text").toLowerCase().split(/\s+/).filter(Boolean);
  return data.runs.filter((run) =>
    attentions.has(run.attention) &&
    FIELDS.every((field) => !form.get(field) || run[field] === form.get(field)) &&
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
  return new FormData(byId("filters")).get("metric");
}
