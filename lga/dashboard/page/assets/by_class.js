// A table of the first metric that runs have by class: classes by rows, the means over the runs of each column.

const CLASSES_SHOWN = 20; // more are folded

// Columns: { name, runs }; null where no run of any has such a metric. Runs of another metric than the first are left out.
function classTable(place, columns, folds = false) {
  const { metric } = columns.flatMap(({ runs }) => runs).map((run) => data.runs[run].by_class).find(Boolean) ?? {};
  if (!metric) return null;
  const shown = columns.map(({ name, runs }) => ({ name, means: classMeans(runs, metric) })).filter(({ means }) => means.size > 0);
  const classes = [...new Set(shown.flatMap(({ means }) => [...means.keys()]))];
  const known = metricsByName.get(metric) ?? { label: metric, unit: "%" };
  const title = `${known.label.replace("mAP", "AP")} by class${known.unit && ` (${known.unit})`}`;
  const description = columns.some(({ runs }) => runs.length > 1) ? ", means over seeds" : "";
  const node = element("table", {}, element("caption", {}, element("span", {}, `${title}, on the test split${description}`)));
  const scroll = element("div", { class: "scroll by-class", role: "region", "aria-label": `${title}, ${place}`, tabindex: "0" }, node);
  const folded = folds || classes.length > CLASSES_SHOWN;
  const box = folded
    ? element("details", { class: "claims-box" }, element("summary", {}, `${title} (${classes.length})`), scroll)
    : element("div", { class: "claims-box" }, scroll);
  sortableTable(node, [
    { label: () => "Class", value: (name) => name },
    ...shown.map(({ name, means }) => ({ label: () => name, numeric: true, value: (row) => means.get(row), cell: (row) => fixed(means.get(row), decimals(known)) })),
  ]).show(classes);
  return box;
}

function classMeans(runs, metric) {
  const values = new Map();
  for (const { by_class: of } of runs.map((run) => data.runs[run])) {
    if (of?.metric !== metric) continue;
    of.values.forEach((value, index) => {
      const name = data.classes[of.classes][index];
      if (!isAbsent(value)) values.set(name, [...(values.get(name) ?? []), value]);
    });
  }
  return new Map([...values].map(([name, all]) => [name, all.reduce((sum, value) => sum + value, 0) / all.length]));
}
