// Small plots of a few named series by epoch, each with a mark of its own as well as a colour.

const SERIES_HEIGHT = 190;
const SERIES_LABELS = 104;

// `series` is a list of { name, values }, `range` the least that the axis shows of [from, to].
function seriesPlot(title, epochs, series, width, range) {
  const known = series.flatMap(({ values }) => values.filter((value) => !isAbsent(value)));
  if (known.length === 0) return null;
  const area = { left: 50, right: width - SERIES_LABELS, top: 10, bottom: SERIES_HEIGHT };
  const shown = padded(Math.min(...known, range?.[0] ?? Infinity), Math.max(...known, range?.[1] ?? -Infinity), "");
  const x = linear([epochs[0], epochs[epochs.length - 1]], [area.left + 6, area.right - 6]);
  const y = linear(shown, [area.bottom, area.top]);
  const told = series.map(({ name, values }) => `${name} ${seriesNumber(values[values.length - 1])}`).join(", ");
  const picture = svg("svg", { width, height: SERIES_HEIGHT + 44, role: "img", "aria-label": `${title} by epoch; after the last one: ${told}.` });
  const steps = ticks([epochs[0], epochs[epochs.length - 1]], Math.max(2, (area.right - area.left) / 60)).filter(({ value }) => value % 1 === 0);
  picture.append(verticalAxis(y, ticks(shown, 4), area.left, area.right));
  picture.append(horizontalAxis(x, steps, area.bottom, area.bottom, "epoch", (area.left + area.right) / 2));
  const points = series.map(({ values }) => values.map((value, i) => [epochs[i], value]).filter(([, value]) => !isAbsent(value)));
  points.forEach((line, index) => picture.append(...seriesLine(line, index, x, y)));
  picture.append(...seriesLabels(series, points, y, area));
  return picture;
}

function seriesLine(points, index, x, y) {
  const every = Math.max(1, Math.floor(points.length / MARKS_A_LINE));
  const marked = points.filter((_, i) => i % every === index % every || i === points.length - 1);
  return [
    svg("path", { class: `line thick colour-${(index + 1) % COLOURS}`, d: linePath(points, x, y) }),
    ...marked.map(([epoch, value]) => seriesMark(index, x(epoch), y(value))),
  ];
}

function seriesMark(index, x, y) {
  const place = `translate(${x.toFixed(1)},${y.toFixed(1)})`;
  return svg("path", { class: `mark on-line colour-${(index + 1) % COLOURS}`, d: SHAPES[index % SHAPES.length](4.2), transform: place });
}

// Names at the lines' ends, pushed apart where they would overlap and kept inside the plot.
function seriesLabels(series, points, y, { right, top, bottom }) {
  const labels = series
    .map(({ name }, index) => ({ name, index, at: points[index].length > 0 ? y(points[index][points[index].length - 1][1]) : bottom }))
    .sort((a, b) => a.at - b.at);
  let next = top;
  for (const label of labels) next = (label.at = Math.max(label.at, next)) + LABEL_GAP;
  let last = bottom;
  for (const label of labels.reverse()) last = (label.at = Math.min(label.at, last)) - LABEL_GAP;
  return labels.flatMap(({ name, index, at }) => [
    seriesMark(index, right + 8, at),
    shortened(name, LABEL_CHARACTERS, { x: right + 17, y: (at + 4).toFixed(1) }),
  ]);
}

// Three significant digits, and an exact zero as one.
function seriesNumber(value) {
  if (isAbsent(value)) return ABSENT;
  if (value === 0) return "0";
  const size = Math.abs(value);
  return (size < 1e-3 || size >= 1e4 ? value.toExponential(2) : value.toPrecision(3)).replaceAll("-", MINUS);
}
