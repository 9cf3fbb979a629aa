// Everything the page knows of one run. Opened from a number of several runs, it says which number (`description`) and
// leads to the others too.

function showRun(run, number = null) {
  const dialog = byId("run-dialog");
  const close = element("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(
    element("header", {}, element("h2", { id: "run-dialog-title" }, runName(run)), close),
    number ? numberBehind(run, number) : "",
    element("p", { class: "run-facts" }, badge(run.scale), badge(statusOf(run)), fileLinks(run)),
    run.error ? scrolled("Error", run.error) : "",
    element("h3", {}, "Command ", copyButton(run.command)),
    scrolled("Command", run.command),
    runCurve(run),
    settingsTable("Run", factPairs(run)),
    settingsTable("Test metrics", metricPairs(run)),
    classTable(runName(run), [{ name: `seed ${run.seed}`, runs: [data.runs.indexOf(run)] }], true) ?? "",
    settingsTable("Images read, by split", settingPairs(run.data)),
    settingsTable("Config", settingPairs(run.config)),
    settingsTable("Code and environment", settingPairs(run.environment)),
  );
  offerExports(dialog);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

// The judged metric by epoch; the dialog's width is not known before it is open.
function runCurve(run) {
  const metric = metricsByName.get(run.metric);
  const members = [{ attention: run.attention, runs: [data.runs.indexOf(run)] }];
  const chart = metric && curvePlot(members, metric, Math.min(window.innerWidth - 60, 800), { nameOf: () => run.attention, judged: run.selected });
  return figure("Validation by epoch", "the vertical line is the epoch whose weights were judged", chart ?? null) ?? "";
}

function numberBehind(run, number) {
  const several = new Set(number.runs.map((position) => data.runs[position].attention)).size > 1;
  const seeds = number.runs.map((position) => {
    const other = data.runs[position];
    const current = other === run ? "true" : null;
    const open = () => {
      showRun(other, number);
      byId("run-dialog").querySelector("[aria-current]").focus();
    };
    return element("button", { type: "button", class: "quiet", "aria-current": current, onclick: open }, `${several ? `${other.attention}, ` : ""}seed ${other.seed}`);
  });
  return element("div", { class: "behind" }, element("p", {}, number.description), element("p", { class: "seeds" }, `${count(seeds.length, "run")}: `, ...seeds));
}

function settingPairs(positions) {
  return positions.map((position) => data.settings[position]);
}

function factPairs(run) {
  return [
    ["config hash", run.hash],
    ["started (UTC)", minute(run.started)],
    ["time", duration(run.seconds)],
    ["epochs", whole(run.epochs)],
    ...(run.images ? [["images", run.images]] : []),
    ["epoch whose weights were judged", whole(run.selected)],
    ["peak memory", mebibytes(run.memory)],
  ];
}

function metricPairs(run) {
  return data.metrics
    .filter(({ name }) => !isAbsent(run.metrics[name]))
    .map((metric) => [axisTitle(metric), fixed(run.metrics[metric.name], decimals(metric))]);
}

function settingsTable(title, pairs) {
  if (pairs.length === 0) return "";
  const rows = pairs.map(([name, value]) => element("tr", {}, element("th", { scope: "row" }, ...breakable(name)), element("td", {}, ...breakable(value))));
  return element("table", { class: "settings" }, element("caption", {}, title), element("tbody", {}, ...rows));
}

// Text that may be broken after a dot or an underscore.
function breakable(text) {
  return text.split(/(?<=[._])/).flatMap((part, index) => (index ? [element("wbr"), part] : [part]));
}
