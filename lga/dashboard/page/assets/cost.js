// Accuracy against parameters, FLOPs and measured latency, of one dataset: all networks together, then each by itself.

const COSTS = [
  { title: "Parameters (thousands)", of: (point) => point.parameters / 1e3, digits: 3 },
  { title: "GFLOPs, paper’s convention", of: (point) => point.gflops, digits: 3 },
  { title: "Inference (milliseconds)", of: (point) => point.latency, digits: 2 },
];

function buildCostChoice(onChange) {
  const datasets = costDatasets();
  const most = datasets.map((dataset) => costPoints(dataset).length);
  const own = data.sweep.own ? data.comparisons[data.sweep.comparisons[0]]?.dataset : null;
  const first = own ?? datasets[most.indexOf(Math.max(...most))];
  const choice = byId("cost-choice");
  choice.append(...datasets.map((dataset) => option(dataset, dataset)));
  choice.value = first;
  choice.addEventListener("change", onChange);
  byId("cost").hidden = datasets.length === 0;
}

function showCost(width) {
  if (costDatasets().includes(chosen.get("dataset"))) byId("cost-choice").value = chosen.get("dataset");
  const points = costPoints(byId("cost-choice").value).filter(({ accuracy }) => !isAbsent(accuracy));
  const panels = byId("cost-panels");
  if (points.length === 0) return panels.replaceChildren(element("p", { class: "note" }, "No number of this set passes the filters."));
  const costs = COSTS.filter((cost) => points.some((point) => !isAbsent(cost.of(point))));
  byId("cost-measured").textContent = costs.length === COSTS.length ? `Inference: ${data.latencies.measured}.` : "";
  byId("cost-panels").replaceChildren(...costs.map((cost) => figure(cost.title, "added to the network without attention", costPicture(points, cost, width))).filter(Boolean), costTable(points));
}

const FEW_POINTS = 6; // all of which have room for their names

// Gains over no attention against what is added to it, of all networks on one axis.
function costPicture(points, cost, width) {
  const several = new Set(points.map(({ short }) => short)).size > 1;
  const shown = points.flatMap((point) => {
    const base = points.find((other) => other.attention === "none" && other.network === point.network && other.published === point.published);
    if (!base || base === point || isAbsent(cost.of(point)) || isAbsent(cost.of(base))) return [];
    const gain = point.gain ?? point.accuracy - base.accuracy; // of published numbers no more is known
    return [{
      x: cost.of(point) - cost.of(base), y: gain, colour: colour(point.attention), open: point.published, run: point.runs?.[0],
      tip: costTip(point, gain, cost), name: several ? `${point.attention}, ${point.short}` : point.attention,
    }];
  });
  if (shown.length === 0) return null;
  const beaten = (point) => shown.some((other) => other.x <= point.x && other.y >= point.y && (other.x < point.x || other.y > point.y));
  for (const point of shown) {
    point.front = point.y > 0 && !beaten(point);
    point.named = point.front || shown.length <= FEW_POINTS;
  }
  const label = `Gain over none in ${points[0].metric} against added ${cost.title}: ${shown.map(({ tip }) => tip.replace("\n", ", ")).join("; ")}.`;
  return costChart(shown, { width, title: `gain over none, points of ${points[0].metric}`, across: `added: ${cost.title}`, label });
}

function costTip(point, gain, cost) {
  const more = point.published ? "" : `, ${count(point.n, "seed")}${point.scale === FULL ? "" : `, ${point.scale}`}`;
  return `${point.attention}, ${point.network}, ${point.published ? "paper" : "ours"}${more}: ${point.metric} ${fixed(point.accuracy, DIGITS)}%, gain ${signed(gain, DIGITS)}\n${cost.title}: ${fixed(cost.of(point), cost.digits)}`;
}

function costTable(points) {
  const names = ["Network", "Attention", "Whose", points[0].metric, "Parameters", "GFLOPs, paper’s", "Inference, ms"];
  const head = element("tr", {}, ...names.map((name, i) => element("th", { scope: "col", class: i > 2 ? "number" : null }, element("span", {}, name))));
  const lines = points.map((point) => element("tr", {},
    element("th", { scope: "row" }, point.network),
    element("td", {}, named(point.attention)),
    element("td", {}, point.published ? "published" : "ours ", scaleMark(point.scale)),
    element("td", { class: "number" }, accuracyCell(point)),
    element("td", { class: "number" }, whole(point.parameters)),
    element("td", { class: "number" }, fixed(point.gflops, point.published ? 1 : 3)),
    element("td", { class: "number" }, fixed(point.latency, 2))));
  return tableDetails("The points in numbers", `${points[0].metric} in percent, parameters, GFLOPs and milliseconds of ${byId("cost-choice").value}`, head, lines);
}

function accuracyCell(point) {
  const text = fixed(point.accuracy, DIGITS);
  if (!point.runs) return text;
  const description = `${point.network}, ${point.attention}: ${point.metric} ${text}, ${count(point.n, "seed")}`;
  const open = () => showRun(data.runs[point.runs[0]], { description, runs: point.runs });
  return element("button", { type: "button", class: "link", "aria-haspopup": "dialog", "aria-label": `${text}, runs of ${description}`, onclick: open }, text);
}
