// Accuracy against parameters, FLOPs and measured latency, of one dataset: all networks together, then each by itself.

const COST_HEIGHT = 300;
const COST_LEAST_WIDTH = 340;
const MOST_WIDTH = 620;
const LABELS_WIDTH = 92;
const LABEL_GAP = 14;
const COSTS = [
  { title: "Parameters (millions)", of: (point) => point.parameters / 1e6, digits: 6 },
  { title: "GFLOPs, paper’s convention", of: (point) => point.gflops, digits: 3 },
  { title: "Inference (milliseconds)", of: (point) => point.latency, digits: 2 },
];

function buildCostChoice(onChange) {
  const datasets = costDatasets();
  const most = datasets.map((dataset) => costPoints(dataset).length);
  const first = datasets[most.indexOf(Math.max(...most))];
  const choice = byId("cost-choice");
  choice.append(...datasets.map((dataset) => option(dataset, dataset)));
  choice.value = first;
  choice.addEventListener("change", onChange);
  byId("cost").hidden = datasets.length === 0;
}

function showCost(width) {
  const chosen = new FormData(byId("filters")).get("dataset");
  if (chosen && costDatasets().includes(chosen)) byId("cost-choice").value = chosen;
  const points = costPoints(byId("cost-choice").value).filter(({ accuracy }) => !isAbsent(accuracy));
  const panels = byId("cost-panels");
  if (points.length === 0) return panels.replaceChildren(element("p", { class: "note" }, "No number of this set passes the filters."));
  const costs = COSTS.filter((cost) => points.some((point) => !isAbsent(cost.of(point))));
  byId("cost-measured").textContent = costs.length === COSTS.length ? `Inference: ${data.latencies.measured}.` : "";
  const networks = [...Map.groupBy(points, ({ network }) => network)];
  const together = costs.map((cost) => ["All networks", points, cost, networkLabels]);
  const alone = costs.map((cost) => networks.map(([network, members]) => [network, members, cost, pointLabels]));
  const rows = networks.length > 1 ? [together, ...alone] : [alone.flat()];
  return panels.replaceChildren(...rows.map((plots) => costRow(plots, width)), costTable(points));
}

function costRow(plots, width) {
  const columns = Math.max(1, Math.min(plots.length, Math.floor(width / COST_LEAST_WIDTH)));
  const each = Math.min(MOST_WIDTH, Math.floor((width - 24 * (columns - 1)) / columns));
  return element("div", { class: "facets" }, ...plots.map(([title, points, cost, labels]) => {
    const counted = points.filter((point) => !isAbsent(cost.of(point)));
    return figure(title, cost.title, counted.length > 0 ? costPlot(counted, cost, each, labels) : null);
  }));
}

function costPlot(points, cost, width, labels) {
  const area = { left: 46, right: width - LABELS_WIDTH, top: 10, bottom: COST_HEIGHT };
  const values = points.map(cost.of);
  const across = spread(Math.min(...values), Math.max(...values));
  const x = linear(across, [area.left + 8, area.right - 8]);
  const accuracies = points.map(({ accuracy }) => accuracy);
  const range = padded(Math.min(...accuracies), Math.max(...accuracies), "%");
  const y = linear(range, [area.bottom, area.top]);
  const told = points.map((point) => `${pointName(point)} ${fixed(point.accuracy, DIGITS)} at ${fixed(cost.of(point), cost.digits)}`);
  const picture = svg("svg", { width, height: COST_HEIGHT + 44, role: "img", "aria-label": `${points[0].metric} against ${cost.title}: ${told.join("; ")}.` });
  picture.append(verticalAxis(y, ticks(range, 5), area.left, area.right));
  picture.append(horizontalAxis(x, ticks(across, Math.max(2, (area.right - area.left) / 90)), area.top, area.bottom, cost.title, (area.left + area.right) / 2));
  const places = points.map((point) => ({ point, x: x(cost.of(point)), y: y(point.accuracy) }));
  picture.append(...labels(places, area), ...places.map((place) => costMark(place, cost)));
  return picture;
}

// A little room on both sides; counts that are all equal stand in the middle.
function spread(low, high) {
  const room = high > low ? (high - low) * 0.08 : Math.abs(high) * 0.02 || 1;
  return [low - room, high + room];
}

function pointName({ attention, published }) {
  return `${attention}, ${published ? "paper" : "ours"}`;
}

function costMark({ point, x, y }, cost) {
  const more = point.published ? "" : `, ${count(point.n, "seed")}${point.scale === FULL ? "" : `, ${point.scale}`}`;
  const tip = `${pointName(point)}${more}: ${point.metric} ${fixed(point.accuracy, DIGITS)}%\n${cost.title}: ${fixed(cost.of(point), cost.digits)}`;
  const open = point.runs ? () => showRun(data.runs[point.runs[0]], { told: tip.replace("\n", "; "), runs: point.runs }) : null;
  return mark(point.attention, x, y, 5, { class: point.published ? "published" : "point", "data-tip": tip, ...(open && { onclick: open }) });
}

// The name of each network right of its points.
function networkLabels(places) {
  return [...Map.groupBy(places, ({ point }) => point.network)].map(([network, members]) => {
    const middle = members.reduce((sum, { y }) => sum + y, 0) / members.length;
    const x = Math.max(...members.map((place) => place.x)) + 10;
    return shortened(network, 14, { class: "network-name", x: x.toFixed(1), y: (middle + 4).toFixed(1) });
  });
}

// Names right of the plot, at the height of their points and pushed apart; a line leads to each point.
function pointLabels(places, { right, top, bottom }) {
  const sorted = [...places].sort((a, b) => a.y - b.y);
  const gap = Math.min(LABEL_GAP, (bottom - top) / sorted.length);
  const heights = sorted.map(({ y }) => y);
  for (let i = 0, next = top; i < heights.length; i += 1) next = (heights[i] = Math.max(heights[i], next)) + gap;
  for (let i = heights.length - 1, last = bottom; i >= 0; i -= 1) last = (heights[i] = Math.min(heights[i], last)) - gap;
  return sorted.flatMap(({ point, x, y }, i) => [
    svg("path", { class: "leader", d: `M${(x + 6).toFixed(1)},${y.toFixed(1)}L${right},${heights[i].toFixed(1)}` }),
    shortened(pointName(point), 17, { class: "point-name", x: right + 4, y: (heights[i] + 4).toFixed(1) }),
  ]);
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
  const told = `${point.network}, ${point.attention}: ${point.metric} ${text}, ${count(point.n, "seed")}`;
  const open = () => showRun(data.runs[point.runs[0]], { told, runs: point.runs });
  return element("button", { type: "button", class: "link", "aria-haspopup": "dialog", "aria-label": `${text}, runs of ${told}`, onclick: open }, text);
}
