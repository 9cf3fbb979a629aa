// Validation curves by epoch: seeds thin, their mean thick, with the attention's mark along it.

const LEAST_HEIGHT = 250;
const SETTLED = 1 / 3; // the axis fits the values after this part of the epochs, so that late differences can be seen
const MARKS_A_LINE = 4;
const LABEL_CHARACTERS = 14;

let clips = 0;

function curvePlot(groups, metric, width) {
  const bundles = groups.map((group) => bundle(group, metric)).filter(({ seeds }) => seeds.length > 0);
  if (bundles.length === 0) return null;
  return linePlot(bundles, metric, width, SETTLED, Math.max(LEAST_HEIGHT, plotHeight(groups.length)));
}

// Bundles of an attention's lines; those with a `name` are told by it, `style` is one of the style sheet's.
function linePlot(bundles, metric, width, settled, height) {
  const labelled = width > 440;
  const area = { left: 46, right: width - (labelled ? 118 : 10), top: 10, bottom: height };
  const epochs = bundles.flatMap(({ mean }) => mean.map(([epoch]) => epoch));
  const range = curveRange(bundles, metric, settled);
  const span = extent(epochs);
  const x = linear(span, [area.left + 6, area.right - 6]);
  const y = linear(range, [area.bottom, area.top]);
  const label = `${axisTitle(metric)} on the validation split by epoch, for ${bundles.map((b) => b.name ?? b.attention).join(", ")}.`;
  const picture = svg("svg", { width, height: height + 44, role: "img", "aria-label": label });
  const steps = ticks(span, (area.right - area.left) / 60);
  const middle = (area.left + area.right) / 2;
  picture.append(verticalAxis(y, ticks(range, 5), area.left, area.right));
  picture.append(horizontalAxis(x, steps.filter(({ value }) => value % 1 === 0), area.bottom, area.bottom, "epoch", middle));
  picture.append(clipped(area, bundles.flatMap((lines, index) => drawBundle(lines, index, x, y))));
  if (labelled) picture.append(...endLabels(bundles, y, area));
  return picture;
}

// The seeds' lines of a group, and their mean over the epochs that all of them have.
function bundle(group, metric) {
  const seeds = group.runs.map((index) => linePoints(data.runs[index], metric)).filter((points) => points.length > 0);
  const sums = new Map();
  for (const [epoch, value] of seeds.flat()) {
    const { total, n } = sums.get(epoch) ?? { total: 0, n: 0 };
    sums.set(epoch, { total: total + value, n: n + 1 });
  }
  const complete = [...sums].filter(([, { n }]) => n === seeds.length);
  return { attention: group.attention, seeds, mean: complete.map(([epoch, { total, n }]) => [epoch, total / n]) };
}

function linePoints(run, metric) {
  const values = run.curves?.metrics[metric.name] ?? [];
  const epochs = data.epochs[run.curves?.epochs];
  return values.map((value, index) => [epochs[index], value]).filter(([, value]) => !isAbsent(value));
}

function curveRange(bundles, metric, settled) {
  const values = bundles.flatMap(({ seeds, mean }) =>
    [...seeds, mean].flatMap((points) => points.slice(Math.floor(points.length * settled)).map(([, value]) => value)));
  return padded(...extent(values), metric.unit);
}

function drawBundle({ attention, style = "", seeds, mean }, index, x, y) {
  const colour = `${colourOf(attention)} ${style}`;
  const lines = seeds.map((points) => svg("path", { class: `line thin ${colour}`, d: linePath(points, x, y) }));
  lines.push(svg("path", { class: `line thick ${colour}`, d: linePath(mean, x, y) }));
  const every = Math.max(1, Math.floor(mean.length / MARKS_A_LINE));
  const offset = (index * 2) % every; // so that the marks of two lines seldom coincide
  const marked = mean.filter((_, i) => i % every === offset || i === mean.length - 1);
  return [...lines, ...marked.map(([epoch, value]) => mark(attention, x(epoch), y(value), 4.2, { class: `on-line ${style}` }))];
}

function linePath(points, x, y) {
  return points.map(([epoch, value], i) => `${i ? "L" : "M"}${x(epoch).toFixed(1)},${y(value).toFixed(1)}`).join("");
}

function clipped({ left, right, top, bottom }, nodes) {
  const id = `clip-${(clips += 1)}`;
  const frame = svg("rect", { x: left, y: top - 8, width: right - left, height: bottom - top + 8 });
  return svg("g", {}, svg("clipPath", { id }, frame), svg("g", { "clip-path": `url(#${id})` }, ...nodes));
}

// Names at the lines' ends, pushed apart where they would overlap and kept inside the plot.
function endLabels(bundles, y, { right, top, bottom }) {
  const gap = 14;
  const labels = bundles
    .filter(({ mean }) => mean.length > 0)
    .map(({ attention, name = attention, style, mean }) => ({ attention, name, style, at: y(mean[mean.length - 1][1]) }))
    .sort((a, b) => a.at - b.at);
  let next = top;
  for (const label of labels) next = (label.at = Math.max(label.at, next)) + gap;
  let last = bottom;
  for (const label of labels.reverse()) last = (label.at = Math.min(label.at, last)) - gap;
  return labels.flatMap(({ attention, name, style, at }) => [
    mark(attention, right + 8, at, 4.2, { class: style }),
    shortened(name, LABEL_CHARACTERS, { x: right + 17, y: (at + 4).toFixed(1) }),
  ]);
}
