// The table of runs, and the list of those that failed.

function runTable(metricOf) {
  const value = (run) => run.metrics[metricOf(run).name];
  const setting = settingsThatDiffer();
  const columns = [
    { label: () => "Run", value: (r) => `${r.attention} ${r.seed}`, cell: runCell },
    { label: () => "Dataset", value: (r) => r.dataset },
    { label: () => "Network", value: (r) => r.network },
    ...(setting.size > 0 ? [{ label: () => "Setting", value: (r) => setting.get(r) ?? "", cell: (r) => element("small", {}, setting.get(r) ?? "") }] : []),
    { label: () => "Scale", value: (r) => r.scale },
    { label: () => "Status", value: statusOf, cell: (r) => element("span", { class: `status ${r.status}` }, statusOf(r)) },
    { label: () => runHeading(metricOf), numeric: true, value, cell: (r) => fixed(value(r), decimals(metricOf(r))) },
    { label: () => "Epochs", numeric: true, value: (r) => r.epochs },
    { label: () => "Time", numeric: true, value: (r) => r.seconds, cell: (r) => duration(r.seconds) },
    { label: () => "Started (UTC)", value: (r) => r.started, cell: (r) => element("time", { datetime: r.started }, minute(r.started)) },
    { label: () => "Files", cell: fileLinks },
  ];
  return sortableTable(byId("run-table"), columns);
}

// Of a run in a comparison, in what its settings differ from those of others like it.
function settingsThatDiffer() {
  const texts = data.groups.flatMap((group) => {
    const text = [data.comparisons[group.comparison].distinction, group.distinction].filter(Boolean).join(", ");
    return text ? group.runs.map((run) => [data.runs[run], text]) : [];
  });
  return new Map(texts);
}

function statusOf(run) {
  return run.status === "finished" && !run.counted ? "repeated" : run.status;
}

function runHeading(metricOf) {
  const chosen = chosenMetric();
  const metrics = new Set(chosen ? [metricsByName.get(chosen)] : data.runs.map(metricOf));
  return metrics.size === 1 ? axisTitle([...metrics][0]) : "Metric";
}

function runCell(run) {
  const name = `${run.attention}, seed ${run.seed}`;
  const open = { type: "button", class: "link", "aria-haspopup": "dialog", onclick: () => showRun(run) };
  return element("span", { class: "attention" }, swatch(run.attention), element("button", open, name));
}

function fileLinks(run) {
  const links = data.files[run.files].map(([file, end]) =>
    element("a", { href: run.path + end, "aria-label": `${file} of ${runName(run)}` }, file.split(".")[0]));
  return element("span", { class: "links" }, ...links);
}

function showFailures(runs) {
  const failed = runs.filter((run) => run.status === "failed");
  byId("failures").hidden = failed.length + data.problems.length === 0;
  byId("failure-list").replaceChildren(
    ...failed.map((run) => failure(runName(run), run.error ?? "no error was recorded", () => showRun(run))),
    ...data.problems.map(({ path, reason }) => failure(path, reason)),
  );
}

function failure(name, reason, open) {
  const title = open ? element("button", { type: "button", class: "link", "aria-haspopup": "dialog", onclick: open }, name) : name;
  return element("li", {}, element("p", {}, title), scrolled(`Error of ${name}`, reason));
}

// Text of any length in a box that the keyboard can scroll.
function scrolled(label, text) {
  return element("pre", { tabindex: "0", role: "group", "aria-label": label }, text);
}

function runName(run) {
  return `${run.dataset}, ${run.network}, ${run.attention}, seed ${run.seed}`;
}
