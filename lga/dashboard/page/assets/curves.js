// Curves by epoch: of seeds thin and their mean thick.

// The seeds' lines of a group, and their mean over the epochs that all of them have.
function curveLines(runs, metric, line) {
  const seeds = runs.map((index) => linePoints(data.runs[index], metric)).filter((points) => points.length > 0);
  const sums = new Map();
  for (const [epoch, value] of seeds.flat()) {
    const { total, n } = sums.get(epoch) ?? { total: 0, n: 0 };
    sums.set(epoch, { total: total + value, n: n + 1 });
  }
  const complete = [...sums].filter(([, { n }]) => n === seeds.length).map(([epoch, { total, n }]) => [epoch, total / n]);
  return [...seeds.map((points) => ({ ...line, points, thin: true })), { ...line, points: complete }];
}

function linePoints(run, metric) {
  const values = run.curves?.metrics[metric.name] ?? [];
  const epochs = data.epochs[run.curves?.epochs];
  return values.map((value, index) => [epochs[index], value]).filter(([, value]) => !isAbsent(value));
}

// Of groups, or of what else has runs; null where none has curves.
// The axis fits the values after a third of the epochs, so that late differences can be seen.
function curvePlot(groups, metric, width, { nameOf = groupName, judged } = {}) {
  const lines = groups.flatMap((group) => curveLines(group.runs, metric, { name: nameOf(group), colour: colour(group.attention) }));
  const label = `${axisTitle(metric)} on the validation split by epoch, for ${groups.map(nameOf).join(", ")}.`;
  return lineChart(lines, { width, height: Math.max(250, groups.length * ROW), title: axisTitle(metric), settled: 1 / 3, judged, label });
}

function groupName({ attention, distinction }) {
  return distinction ? `${attention} (${distinction})` : attention;
}

// Small plots of a few named series by epoch; `least` is what the axis shows at least.
function seriesPlot(title, epochs, series, width, least) {
  const description = series.map(({ name, values }) => `${name} ${seriesNumber(values.at(-1))}`).join(", ");
  const lines = series.map(({ name, values }, index) => ({
    name, colour: `var(--colour-${(index + 1) % COLOURS})`, points: values.map((value, i) => [epochs[i], value]).filter(([, value]) => !isAbsent(value)),
  }));
  return lineChart(lines, { width, height: 220, title, least, label: `${title} by epoch; after the last one: ${description}.` });
}

// Three significant digits, and an exact zero as one.
function seriesNumber(value) {
  if (isAbsent(value)) return ABSENT;
  if (value === 0) return "0";
  const size = Math.abs(value);
  return (size < 1e-3 || size >= 1e4 ? value.toExponential(2) : value.toPrecision(3)).replaceAll("-", MINUS);
}
