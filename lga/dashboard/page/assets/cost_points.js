// What the plots of accuracy against cost show: published rows and our groups of one dataset, by network.

// The datasets that there is anything of, those of the paper first.
function costDatasets() {
  const published = (data.paper?.tables ?? []).flatMap(({ rows }) => rows.map(({ dataset }) => dataset));
  const own = data.groups.map((group) => data.comparisons[group.comparison].dataset);
  return [...new Set([...published, ...own])];
}

// A point: what it stands for, its accuracy in percent, its gain where one is estimated, its counts, and the runs behind it.
function costPoints(dataset) {
  return countedPoints(dataset).map((point) => ({ ...point, latency: point.published ? null : latencyOf(point) }));
}

// Milliseconds of the network with this attention, where it was measured.
function latencyOf({ built, attention }) {
  return data.latencies?.of[built]?.[attention] ?? null;
}

function countedPoints(dataset) {
  const rows = costRows(dataset);
  return rows.length > 0 ? rows.flatMap(rowPoints) : groupPoints(dataset);
}

// The published rows of a dataset, each once; the curves are of other settings than the tables.
function costRows(dataset) {
  const rows = new Map();
  for (const table of data.paper?.tables ?? []) {
    for (const row of table.rows) {
      const key = `${row.network} ${row.attention}`;
      if (row.dataset === dataset && passesNames(row) && !rows.has(key)) rows.set(key, { ...row, metric: table.metrics[0] });
    }
  }
  return [...rows.values()];
}

function rowPoints(row) {
  const shared = { network: row.model, short: row.model, built: row.network, attention: row.attention, metric: row.metric };
  const [number] = row.numbers;
  const published = { ...shared, published: true, accuracy: number.published, ...row.published };
  if (!number.ours || !row.built) return [published];
  return [published, { ...shared, published: false, accuracy: number.ours.mean, gain: row.gain?.ours?.mean, n: number.ours.n, scale: row.scale, runs: row.runs, ...row.built }];
}

function groupPoints(dataset) {
  return data.groups.flatMap((group) => {
    const comparison = data.comparisons[group.comparison];
    const estimate = group.estimates[comparison.metric];
    const place = { dataset: comparison.dataset, network: comparison.network, attention: group.attention };
    if (comparison.dataset !== dataset || !estimate || !passesNames(place)) return [];
    const gain = comparison.reference === "none" ? group.differences[comparison.metric]?.mean : null;
    return [{
      built: comparison.network, short: comparison.network,
      network: comparison.distinction ? `${comparison.network}: ${comparison.distinction}` : comparison.network, attention: group.attention, published: false,
      metric: metricsByName.get(comparison.metric).label, accuracy: estimate.mean, gain, n: estimate.n, scale: comparison.scale, runs: group.runs,
      parameters: group.parameters, gflops: group.gflops_paper,
    }];
  });
}
