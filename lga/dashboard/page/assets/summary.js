// The summary: one row a group of seeds, under its comparison.

const DIFFERENCE_WIDTH = 120;
const DIFFERENCE_HEIGHT = 30;

function summaryTable(metricOf) {
  const of = (group) => group.estimates[metricOf(group).name];
  const difference = (group) => group.differences[metricOf(group).name];
  const digits = (group) => decimals(metricOf(group));
  const width = (estimate) => (isAbsent(estimate?.low) ? null : estimate.high - estimate.low);
  const columns = [
    { label: () => "Attention", value: (g) => data.attentions.indexOf(g.attention), cell: attentionCell },
    {
      label: () => summaryHeading(metricOf), numeric: true,
      value: (g) => of(g)?.mean, cell: (g) => element("strong", {}, fixed(of(g)?.mean, digits(g))),
    },
    { label: () => "95 % interval", numeric: true, value: (g) => width(of(g)), cell: (g) => interval(of(g), digits(g)) },
    { label: () => "Seeds", numeric: true, value: (g) => of(g)?.n },
    {
      label: () => "Difference to none", numeric: true,
      value: (g) => difference(g)?.mean, cell: (g) => signed(difference(g)?.mean, digits(g)),
    },
    {
      label: () => "Its 95 % interval", numeric: true,
      value: (g) => width(difference(g)), cell: (g) => interval(difference(g), digits(g), signed),
    },
    { label: () => "− 0 +", class: "drawn", cell: (g) => differenceGlyph(g, metricOf(g)) },
    { label: () => "Parameters", numeric: true, value: (g) => g.parameters, cell: (g) => whole(g.parameters) },
    { label: () => "GFLOPs, paper’s", numeric: true, value: (g) => g.gflops_paper, cell: (g) => fixed(g.gflops_paper, 2) },
    { label: () => "GFLOPs, true", numeric: true, value: (g) => g.gflops, cell: (g) => fixed(g.gflops, 4) },
    { label: () => "Time", numeric: true, value: (g) => g.seconds, cell: (g) => duration(g.seconds) },
  ];
  return sortableTable(byId("summary-table"), columns, {
    sectionOf: (group) => group.comparison,
    heading: (index) => comparisonHeading(data.comparisons[index]),
  });
}

// The metric, if all comparisons show the same.
function summaryHeading(metricOf) {
  const metrics = new Set(data.groups.map(metricOf));
  return metrics.size === 1 ? axisTitle([...metrics][0]) : "Mean";
}

function comparisonHeading(comparison) {
  return element(
    "span", { class: "comparison" }, `${comparison.dataset}, ${comparison.network} `, badge(comparison.scale),
    element("small", {}, recipeText(comparison)),
  );
}

function recipeText({ owner, recipe, distinction, mixture }) {
  const settings = [recipe && `recipe ${recipe}`, distinction].filter(Boolean).join(": ");
  return [owner, settings, mixture].filter(Boolean).join(". ");
}

function attentionCell(group) {
  const note = group.distinction ? element("small", {}, group.distinction) : null;
  return element("span", { class: "attention" }, swatch(group.attention), element("span", {}, group.attention, note));
}

function badge(name) {
  return element("span", { class: `badge ${name}` }, name);
}

// The difference and its interval on an axis shared by the comparison, zero dotted; the cells beside it tell the numbers.
function differenceGlyph(group, metric) {
  const own = group.differences[metric.name];
  if (!own) return "";
  const siblings = groupsByComparison.get(group.comparison);
  const reach = siblings.flatMap((other) => {
    const { mean = 0, low, high } = other.differences[metric.name] ?? {};
    return [mean, low ?? mean, high ?? mean].map(Math.abs);
  });
  const x = linear([-Math.max(...reach), Math.max(...reach)], [6, DIFFERENCE_WIDTH - 6]);
  const middle = DIFFERENCE_HEIGHT / 2;
  const picture = svg("svg", { class: "glyph", width: DIFFERENCE_WIDTH, height: DIFFERENCE_HEIGHT, "aria-hidden": "true" });
  picture.append(svg("line", { class: "baseline", x1: x(0), x2: x(0), y1: 0, y2: DIFFERENCE_HEIGHT }));
  if (!isAbsent(own.low)) {
    picture.append(svg("path", { class: `interval ${colourOf(group.attention)}`, d: `M${x(own.low)},${middle}H${x(own.high)}` }));
  }
  picture.append(mark(group.attention, x(own.mean), middle, 4));
  return picture;
}
