// The plot of seeds: one row an attention, seeds as small marks below their mean and its interval.

const ROW = 46;
const LANES = 3; // seeds with nearly equal values stand below each other, at most so many deep

function dotPlot(groups, metric, width, reference = "none") {
  const rows = groups.filter((group) => group.estimates[metric.name]);
  const left = Math.min(0.36 * width, 22 + 7.4 * Math.max(0, ...rows.map((row) => (row.name ?? row.attention).length)));
  const right = width - 58;
  const bottom = plotHeight(rows.length);
  const range = dotRange(rows, metric);
  const x = linear(range, [left + 8, right]);
  const picture = svg("svg", { width, height: bottom + 44, role: "img", "aria-label": dotSummary(rows, metric) });
  picture.append(horizontalAxis(x, ticks(range, (right - left) / 70), 6, bottom, axisTitle(metric), (left + right) / 2));
  picture.append(baselineLine(rows, metric, reference, x, bottom) ?? "");
  rows.forEach((row, index) => picture.append(dotRow(row, metric, x, range, 10 + index * ROW, left, width)));
  return picture;
}

function plotHeight(rows) {
  return 10 + rows * ROW;
}

function seedValues(group, metric) {
  return group.runs
    .map((index) => ({ run: data.runs[index], value: data.runs[index].metrics[metric.name] }))
    .filter(({ value }) => !isAbsent(value));
}

// All seeds are on the axis; an interval may reach at most as far again on either side, then it is cut.
function dotRange(rows, metric) {
  const values = rows.flatMap((row) => seedValues(row, metric).map(({ value }) => value));
  const [least, most] = extent(values);
  const bounds = rows.map((row) => row.estimates[metric.name]).filter(({ low }) => !isAbsent(low));
  const low = Math.max(Math.min(least, ...bounds.map((bound) => bound.low)), least - (most - least));
  const high = Math.min(Math.max(most, ...bounds.map((bound) => bound.high)), most + (most - least));
  return padded(low, metric.unit === "%" && most <= 100 ? Math.min(high, 100) : high, metric.unit);
}

function baselineLine(rows, metric, reference, x, bottom) {
  const baselines = rows.filter((row) => row.attention === reference);
  if (baselines.length !== 1) return null;
  const at = x(baselines[0].estimates[metric.name].mean).toFixed(1);
  return svg("line", { class: "baseline", x1: at, x2: at, y1: 6, y2: bottom });
}

function dotRow(row, metric, x, range, top, left, width) {
  const estimate = row.estimates[metric.name];
  const digits = decimals(metric);
  const group = svg("g", {});
  group.append(shortened(row.name ?? row.attention, left / 7.4, { x: 0, y: top + 18 }));
  if (row.distinction) group.append(shortened(row.distinction, left / 5.6, { class: "distinction", x: 0, y: top + 32 }));
  const tip = `${row.attention}, mean of ${count(estimate.n, "seed")}: ${fixed(estimate.mean, digits)}${metric.unit}\n` +
    `95 % interval: ${interval(estimate, digits)}`;
  if (!isAbsent(estimate.low)) group.append(intervalBar(row.attention, estimate, x, range, top + 13));
  group.append(mark(row.attention, x(estimate.mean), top + 13, 6, { class: "mean", "data-tip": tip }));
  group.append(...seedMarks(row, metric, x, top + 28));
  group.append(svg("text", { class: "value", x: width, y: top + 18, "text-anchor": "end" }, fixed(estimate.mean, digits)));
  return group;
}

function intervalBar(attention, { low, high }, x, [from, to], y) {
  const [start, end] = [x(Math.max(low, from)), x(Math.min(high, to))];
  const leftEnd = low < from ? `M${start + 5},${y - 4}l-5,4l5,4` : `M${start},${y - 5}v10`;
  const rightEnd = high > to ? `M${end - 5},${y - 4}l5,4l-5,4` : `M${end},${y - 5}v10`;
  return svg("path", { class: `interval ${colourOf(attention)}`, d: `M${start},${y}H${end}${leftEnd}${rightEnd}` });
}

function seedMarks(row, metric, x, y) {
  const radius = 3.4;
  const free = new Array(LANES).fill(-Infinity); // where each lane is free again
  const seeds = seedValues(row, metric).sort((a, b) => a.value - b.value);
  return seeds.map(({ run, value }) => {
    const at = x(value);
    const lane = Math.max(0, free.findIndex((end) => end <= at));
    free[lane] = at + 2 * radius + 0.6;
    const tip = `${row.attention}, seed ${run.seed}: ${fixed(value, decimals(metric))}${metric.unit}`;
    return mark(row.attention, at, y + lane * 6.4, radius, {
      class: "seed", "data-tip": tip, onclick: () => showRun(run),
    });
  });
}

function dotSummary(rows, metric) {
  const told = rows.map((row) => {
    const estimate = row.estimates[metric.name];
    return `${row.attention} ${fixed(estimate.mean, decimals(metric))} (${count(estimate.n, "seed")})`;
  });
  return `Mean ${axisTitle(metric)} by attention: ${told.join(", ")}.`;
}
