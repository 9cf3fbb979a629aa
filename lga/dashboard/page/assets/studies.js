// The studies: each one's question, what was found, a table of gains over its reference, and the seeds as dots.

// Builds all studies, those of the reader's runs in their own tab; what is shown follows the filters.
function studyPanels() {
  const studies = data.studies.flatMap((page) => page.studies);
  byId("studies-glance").hidden = studies.length < 2;
  if (studies.length > 1) byId("studies-glance-table").append(...studiesGlance(studies));
  const shown = data.studies.flatMap((page) => {
    const panels = page.studies.map((study) => studyPanel(study, page));
    byId(page.name.startsWith("own-") ? "own-studies" : "study-panels").append(...panels.map(({ article }) => article));
    return panels;
  });
  const show = () => {
    const counts = shown.map((panel) => panel.show());
    byId("no-study-rows").hidden = counts.some((rows) => rows > 0);
  };
  show();
  return {
    show,
    draw: (width) => shown.forEach((panel) => panel.draw(width)),
  };
}

function studiesGlance(studies) {
  const words = Object.keys(GAIN_SIGNS);
  const heads = ["Study", "Compared", "With runs", ...words].map((name) =>
    element("th", { scope: "col", class: name === "Study" ? null : "number" }, words.includes(name) ? verdict(name) : element("span", {}, name)));
  const rows = studies.map(({ id, title, compared, ran, words: found }) => {
    const numbers = [compared, ran, ...words.map((word) => found[word] ?? 0)];
    return element("tr", {}, element("th", { scope: "row" }, element("a", { href: `#${id}` }, title)), ...numbers.map((n) => element("td", { class: n ? "number" : "number zero" }, whole(n))));
  });
  return [element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)];
}

// A study folded into its title and the first thing that it found.
function studyPanel(study, page) {
  const node = element("table", { class: "study-table" }, element("caption", {}, element("span", {}, ...studyNote(study))));
  const rows = study.families.flatMap((family) => family.rows.map((row) => ({ ...row, family })));
  const ran = rows.filter(({ runs }) => runs.length > 0);
  const sorted = sortableTable(node, studyColumns(study, rows), {
    sectionOf: ({ family }) => study.families.indexOf(family),
    heading: (index) => familyHeading(study.families[index]),
  });
  const missing = [...new Set(rows.filter(({ runs }) => runs.length === 0).map(({ label }) => label))];
  const scroll = element("div", { class: "scroll", role: "region", "aria-label": `${study.title}, scrollable`, tabindex: "0" }, node);
  const plots = element("div", { class: "pair study-plots" });
  const curves = element("details", { class: "claims-box" }, element("summary", {}, "Curves by epoch"));
  curves.addEventListener("toggle", redraw);
  let [visible, drawnWidth] = [ran, 0];
  const article = folded(study.title, null, study.findings[0] ?? "", false, () => [
    element("p", { class: "question" }, study.question),
    element("p", { class: "note" }, ...withCode(page.limits)),
    element("ul", { class: "claims study-findings" }, ...study.findings.map((sentence) => element("li", {}, sentence))),
    plots, scroll, curves, ...(missing.length > 0 ? [element("p", { class: "note" }, `Not run: ${missing.join(", ")}.`)] : []),
    ...study.supplements.map(supplement),
  ]);
  article.id = study.id;
  article.tabIndex = -1;
  article.classList.add("study");
  article.addEventListener("toggle", redraw);
  return { article, show, draw };

  function show() {
    visible = ran.filter(passesStudy);
    article.hidden = visible.length === 0;
    sorted.show(visible);
    return visible.length;
  }

  function draw(width) {
    drawnWidth = width;
    redraw();
  }

  function redraw() {
    if (!article.open || !drawnWidth) return;
    plots.replaceChildren(...studyPlots(study, visible, drawnWidth));
    curves.hidden = !visible.some(({ runs }) => runs.some((run) => data.runs[run].curves));
    if (curves.open) curves.replaceChildren(curves.firstChild, ...studyCurves(study, visible, drawnWidth));
    offerExports(article);
  }
}

// A table of texts of the study's records, whatever the filters.
function supplement({ title, note, headings, rows }) {
  const head = element("tr", {}, ...["where", "attention", ...headings].map((name) => element("th", { scope: "col" }, element("span", {}, name))));
  const body = rows.map((row) => element("tr", {}, ...row.map((text) => element("td", {}, text))));
  const node = element("table", {}, element("caption", {}, element("span", {}, note)), element("thead", {}, head), element("tbody", {}, ...body));
  const scroll = element("div", { class: "scroll", role: "region", "aria-label": `${title}, scrollable`, tabindex: "0" }, node);
  return element("details", { class: "claims-box supplement" }, element("summary", {}, `${title} (${count(rows.length, "row")})`), scroll);
}

// A variant that has not run has no box among the attentions of the filters.
function passesStudy({ family, attention }) {
  const known = data.attentions.includes(attention);
  return passesNames({ dataset: family.dataset, network: family.network, attention: known ? attention : data.attentions[0] });
}

function studyNote(study) {
  return ["Gains are over ", element("code", {}, study.reference), "; ", element("code", {}, `make reproduce-${study.name}`), " runs it."];
}

function familyHeading({ place, label, scale, changes, mixture, sight }) {
  const description = [label, changes && `with ${changes}`, mixture, sight].filter(Boolean).join("; ");
  return element("span", {}, `${place} `, badge(scale), element("small", {}, description));
}

function studyColumns(study, rows) {
  const overall = rows.some((row) => !isAbsent(row.overall_p));
  return [
    { label: () => study.kind, value: (row) => rows.indexOf(row), cell: studyName },
    { label: () => "Seeds", numeric: true, value: (row) => row.ours?.n },
    { label: () => "Mean", numeric: true, value: (row) => row.ours?.mean, cell: meanCell },
    { label: () => "95\u00a0% interval", numeric: true, value: (row) => breadth(row.ours), cell: (row) => interval(row.ours, DIGITS) },
    { label: () => `Gain over ${study.reference}`, numeric: true, value: (row) => row.gain?.mean, cell: (row) => studyGainCell(row, study) },
    { label: () => "Its 95\u00a0% interval", numeric: true, value: (row) => breadth(row.gain), cell: (row) => interval(row.gain, DIGITS, signed) },
    { label: () => "Adjusted\u00a0p", numeric: true, value: (row) => row.gain?.p, cell: (row) => bareP(row.gain?.p) },
    ...(overall ? [{ label: () => "p over all questions", numeric: true, value: (row) => row.overall_p, cell: (row) => bareP(row.overall_p) }] : []),
    { label: () => "Found", value: (row) => row.word, cell: foundCell },
    { label: () => "Parameters", numeric: true, value: (row) => row.parameters, cell: (row) => whole(row.parameters) },
  ];
}

function bareP(p) {
  return pText(p)?.replace("p = ", "").replace("p ", "");
}

function breadth(estimate) {
  return isAbsent(estimate?.low) ? null : estimate.high - estimate.low;
}

// The label says what is varied; below it stands the attention's own name, as filters and runs have it.
function studyName({ attention, label }) {
  const name = element("span", {}, label, label === attention ? null : element("small", {}, attention));
  const sign = data.attentions.includes(attention) ? swatch(attention) : element("span", { class: "swatch" });
  return element("span", { class: "attention" }, sign, name);
}

function meanCell(row) {
  if (!row.ours) return verdict("not run");
  const description = `${row.family.place}, ${row.label}: mean ${row.family.label} ${fixed(row.ours.mean, DIGITS)}`;
  return studyNumber(row, fixed(row.ours.mean, DIGITS), row.runs, `${description}.`);
}

function studyGainCell(row, study) {
  if (!row.gain) return null;
  const shown = signed(row.gain.mean, DIGITS);
  const description = `${row.family.place}, ${row.label}: gain over ${study.reference} in ${row.family.label} ${shown}`;
  return studyNumber(row, shown, row.gain.runs, `${description}: ${row.word}.`);
}

// A number as a button that opens the runs behind it.
function studyNumber({ family }, shown, runs, description) {
  const open = () => showRun(data.runs[runs[0]], { description, runs });
  const button = element("button", { type: "button", class: "link", "aria-haspopup": "dialog", "aria-label": `${shown}, runs of ${description}`, onclick: open }, shown);
  return element("span", { class: "study-number" }, button, family.marked ? scaleMark(family.scale) : null);
}

function foundCell({ word }) {
  return word ? verdict(word) : null;
}

// For each family the gains over its reference, best first.
function studyPlots(study, rows, width) {
  return study.families.flatMap((family) => {
    const gained = rows.filter((row) => row.family === family && row.gain).sort((a, b) => b.gain.mean - a.gain.mean);
    if (gained.length === 0) return [];
    const shown = gained.map(({ label, gain, word, runs }) => gainMark(label, gain, { word, p: gain.p, run: runs[0] }));
    const chart = gainChart(shown, { reference: study.reference, metric: family.label, margin: family.margin, width, place: `, ${family.place}` });
    return [figure(family.place, `${family.scale}; band: ±${family.margin} is practically none`, chart)];
  });
}

// For each family the curves of its rows, if their records have some.
function studyCurves(study, rows, width) {
  const charts = study.families.map((family) => {
    const of = rows.filter((row) => row.family === family && row.runs.length > 0);
    return figure(family.place, `${family.label} on the validation split: seeds thin, their mean thick`, curvePlot(of, metricsByName.get(family.metric), width, { nameOf: ({ label }) => label }));
  });
  return [element("div", { class: "pair" }, ...charts)];
}
