// The summary: one row a group of seeds, under its comparison.

function summaryTable(metricOf) {
  const of = (group) => group.estimates[metricOf(group).name];
  const difference = (group) => group.differences[metricOf(group).name];
  const digits = (group) => decimals(metricOf(group));
  const columns = [
    { label: () => "Attention", value: (g) => data.attentions.indexOf(g.attention), cell: attentionCell },
    {
      label: () => summaryHeading(metricOf), numeric: true,
      value: (g) => of(g)?.mean, cell: (g) => element("strong", {}, fixed(of(g)?.mean, digits(g))),
    },
    { label: () => "95 % interval", numeric: true, value: (g) => breadth(of(g)), cell: (g) => interval(of(g), digits(g)) },
    { label: () => "Seeds", numeric: true, value: (g) => of(g)?.n },
    {
      label: () => "Gain", numeric: true,
      value: (g) => difference(g)?.mean, cell: (g) => signed(difference(g)?.mean, digits(g)),
    },
    {
      label: () => "Its 95 % interval", numeric: true,
      value: (g) => breadth(difference(g)), cell: (g) => interval(difference(g), digits(g), signed),
    },
    { label: () => "Found", value: (g) => g.word, cell: (g) => (g.word ? verdict(g.word) : null) },
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
    "span", { class: "comparison" }, `${comparison.place} `, badge(comparison.scale),
    element("small", {}, recipeText(comparison)),
  );
}

function recipeText({ recipe, distinction, reference, mixture }) {
  const settings = [recipe && `recipe ${recipe}`, distinction].filter(Boolean).join(": ");
  return [reference && `gains over ${reference}`, settings, mixture].filter(Boolean).join("; ");
}

function attentionCell(group) {
  const note = group.distinction ? element("small", {}, group.distinction) : null;
  return element("span", { class: "attention" }, swatch(group.attention), element("span", {}, group.attention, note));
}

function badge(name) {
  return element("span", { class: `badge ${name}`, title: data.scales[name] }, name); // no title of a status
}
