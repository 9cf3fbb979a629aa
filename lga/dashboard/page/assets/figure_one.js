// Figure 1: the published training curves, dashed, beside ours, solid.

const FIGURE_METRICS = [
  { key: "map50", name: "paper/map50", label: "mAP50", unit: "%" },
  { key: "map50_95", name: "paper/map50_95", label: "mAP50-95", unit: "%" },
];
const LISTED_EPOCHS = 12;

function showFigureOne(width) {
  if (!data.paper) return;
  const shown = data.paper.curves.filter(({ dataset }) => figureRows(dataset).length > 0);
  byId("figure-panels").replaceChildren(...shown.map((curves) => figurePanel(curves, width)));
  byId("figure1-section").hidden = data.paper.curves.length === 0;
  if (shown.length === 0) byId("figure-panels").append(element("p", { class: "note" }, "No published curve passes the filters."));
}

function figureRows(dataset) {
  const table = data.paper.tables.find(({ name }) => name === FIGURE);
  return (table?.rows ?? []).filter((row) => row.dataset === dataset && passesNames(row));
}

function figurePanel(curves, width) {
  const rows = figureRows(curves.dataset);
  const scales = [...new Set(rows.map(({ scale }) => scale).filter(Boolean))];
  const shown = rows.some(({ runs }) => runs.length > 0) ? "published and ours" : "published; ours not run";
  const plots = FIGURE_METRICS.map((metric) => figure(metric.label, shown, figureChart(curves, rows, metric, width)));
  return element(
    "article", { class: "panel" }, element("h3", {}, rows[0].title, " ", ...scales.map(badge)),
    element("p", { class: "note legend" }, ...rows.map(({ attention }) => named(attention)), "dashed: paper; solid: ours"),
    element("div", { class: "pair" }, ...plots), curveValues(curves, rows),
  );
}

function figureLines(curves, rows, metric) {
  const published = rows.map(({ attention }) => ({
    name: `${attention}, paper`, colour: colour(attention), dashed: true,
    points: curves.metrics[metric.key][attention].map((value, index) => [curves.epochs[index], value]),
  }));
  const ours = rows.filter(({ runs }) => runs.length > 0)
    .flatMap((row) => curveLines(row.runs, metric, { name: `${row.attention}, ours`, colour: colour(row.attention) }));
  return [...published, ...ours];
}

function figureChart(curves, rows, metric, width) {
  return lineChart(figureLines(curves, rows, metric), { width, height: 300, title: axisTitle(metric), label: `${metric.label} by epoch on ${rows[0].title}, published and ours.` });
}

// The same in numbers, at some of the epochs.
function curveValues(curves, rows) {
  const bundles = FIGURE_METRICS.flatMap((metric) =>
    figureLines(curves, rows, metric).filter(({ thin }) => !thin).map(({ name, points }) => ({ name: `${metric.label}, ${name}`, values: new Map(points) })));
  const last = curves.epochs.length - 1;
  const listed = Array.from({ length: Math.min(LISTED_EPOCHS, last + 1) }, (_, i, n = Math.min(LISTED_EPOCHS, last + 1) - 1) => curves.epochs[Math.round((i * last) / n)]);
  const head = element("tr", {}, ...["Epoch", ...bundles.map(({ name }) => name)].map((name, i) => element("th", { scope: "col", class: i ? "number" : null }, element("span", {}, name))));
  const lines = listed.map((epoch) => element("tr", {}, element("th", { scope: "row" }, whole(epoch)),
    ...bundles.map(({ values }) => element("td", { class: "number" }, fixed(values.get(epoch), DIGITS)))));
  return tableDetails("The curves in numbers", `Values of the curves on ${rows[0].title}, percent`, head, lines);
}

// A table that stays folded until it is asked for.
function tableDetails(title, caption, head, lines) {
  const table = element("table", {}, element("caption", {}, element("span", {}, caption)), element("thead", {}, head), element("tbody", {}, ...lines));
  const scroll = element("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" }, table);
  return element("details", { class: "values" }, element("summary", {}, title), scroll);
}
