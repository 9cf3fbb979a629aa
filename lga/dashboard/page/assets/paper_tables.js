// The paper's tables: each published number beside ours, its verdict, the gain over no attention, and the counts.

const DIGITS = 2;
const FIGURE = "figure1"; // its table stands below its curves
const WORDS = Object.keys(SIGNS);

// Builds all tables; the result shows the rows that the filters let through.
function paperTables() {
  if (!data.paper) return { show: () => {} };
  byId("glance-table").append(...glanceTable());
  const shown = data.paper.tables.map(paperTable);
  const idle = shown.filter(({ table }) => table.ran === 0);
  byId("paper-tables").append(...shown.filter(({ table }) => table.ran > 0).map(({ article }) => article));
  byId("not-run-tables").hidden = idle.length === 0;
  byId("not-run-tables").append(...idle.map(({ article }) => article));
  const cells = idle.reduce((sum, { table }) => sum + table.rows.length, 0);
  byId("not-run-tables").firstElementChild.textContent = `Not run: ${idle.map(({ table }) => table.heading.split(": ")[0]).join(", ")} (${count(cells, "cell")}, the published numbers)`;
  return {
    show() {
      const counts = shown.map(({ show }) => show());
      byId("no-paper-rows").hidden = counts.some((rows) => rows > 0);
    },
  };
}

function glanceTable() {
  const heads = ["Table", "Cells", "With runs", ...WORDS].map((name) =>
    element("th", { scope: "col", class: name === "Table" ? null : "number" }, WORDS.includes(name) ? verdict(name) : element("span", {}, name)));
  const rows = data.paper.tables.map((table) => {
    const [title, description] = table.heading.split(": ");
    const name = element("th", { scope: "row" }, element("a", { href: `#${table.name}` }, title), element("small", {}, description));
    const numbers = [table.rows.length, table.ran, ...WORDS.map((word) => table.verdicts[word])];
    return element("tr", {}, name, ...numbers.map((n) => element("td", { class: n ? "number" : "number zero" }, whole(n))));
  });
  return [element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)];
}

function paperTable(table) {
  const blocks = [...new Set(table.rows.map((row) => blockOf(row)))];
  const node = element("table", { class: "paper-table" }, element("caption", {}, element("span", {}, ...tableNote(table))));
  const sorted = sortableTable(node, paperColumns(table), {
    sectionOf: (row) => blocks.indexOf(blockOf(row)),
    heading: (index) => blockHeading(table.rows.find((row) => blockOf(row) === blocks[index])),
  });
  const claims = element("ul", { class: "claims" });
  const claimCount = element("summary", {});
  const details = element("details", { class: "claims-box", open: table.ran > 0 }, claimCount, claims);
  const title = element("h3", { id: table.name, tabindex: "-1" }, table.name === FIGURE ? "Figure 1 at its best epochs, judged" : table.heading, " ", ...table.scales.filter((scale) => scale !== FULL).map(badge));
  const scroll = element("div", { class: "scroll", role: "region", "aria-label": `${table.heading}, scrollable`, tabindex: "0" }, node);
  const mixtures = table.mixtures.map((description) => element("p", { class: "note" }, description));
  const article = element("article", { class: "paper-panel" }, title, scroll, ...mixtures, details, otherRuns(table));
  return { table, article, show };

  function show() {
    const rows = table.rows.filter(passesNames);
    article.hidden = rows.length === 0;
    sorted.show(rows);
    const claimed = rows.filter(({ sentence }) => sentence);
    details.hidden = claimed.length === 0;
    claimCount.textContent = `The paper’s claims, one sentence each (${claimed.length})`;
    claims.replaceChildren(...claimed.map((row) => element("li", {}, verdict(row.gain.word), " ", row.sentence, " ", scaleMark(row.scale))));
    return rows.length;
  }
}

const blockOf = (row) => `${row.title} ${row.optimizer}`;

function blockHeading(row) {
  const optimizer = row.optimizer && element("small", {}, `published with ${row.optimizer}`);
  return element("span", {}, `${row.title} `, row.scale ? badge(row.scale) : null, optimizer);
}

function tableNote(table) {
  const run = table.ran === 0 ? "Nothing of it has run yet" : `${table.ran} of ${count(table.rows.length, "cell")} have runs (${table.scales.join(", ")})`;
  const link = table.assumptions && element("a", { href: table.assumptions }, "what the paper leaves open");
  return [`${run}; `, element("code", {}, `make reproduce-${table.name}`), " runs it. Percent. ", link && "See ", link, link && "."].filter(Boolean);
}

function paperColumns(table) {
  const [first, second] = table.metrics;
  return [
    { label: () => "Attention", value: (row) => table.rows.indexOf(row), cell: (row) => named(row.attention) },
    ...numberColumns(first, 0),
    { label: () => "Gain over none, published", numeric: true, value: (row) => row.gain?.published, cell: (row) => signed(row.gain?.published, DIGITS) },
    { label: () => "Gain, ours", numeric: true, class: "ours", value: (row) => row.gain?.ours?.mean, cell: (row) => gainCell(row, table) },
    ...(second ? numberColumns(second, 1) : []),
    { label: () => "Parameters, published", numeric: true, value: (row) => row.published.parameters, cell: (row) => whole(row.published.parameters) },
    { label: () => "built", numeric: true, value: (row) => row.built?.parameters, cell: builtCell },
    { label: () => "GFLOPs, published", numeric: true, value: (row) => row.published.gflops, cell: (row) => fixed(row.published.gflops, row.numbers[0].digits ?? 1) },
    { label: () => "built", numeric: true, value: (row) => row.built?.gflops, cell: (row) => fixed(row.built?.gflops, 3) },
  ];
}

function numberColumns(label, index) {
  const heading = label.replace("-", "\u2011"); // not to be broken there
  return [
    { label: () => `${heading}, published`, numeric: true, value: (row) => row.numbers[index].published, cell: (row) => publishedText(row.numbers[index]) },
    { label: () => `${heading}, ours`, numeric: true, class: "ours", value: (row) => row.numbers[index].ours?.mean, cell: (row) => oursCell(row, row.numbers[index], label) },
  ];
}

function named(attention) {
  return element("span", { class: "attention" }, swatch(attention), element("span", {}, attention));
}

// Our mean as a button that opens its runs, then interval and seeds, the verdict below.
function oursCell(row, number, label) {
  if (!number.ours) return verdict(number.word);
  const description = `${row.title}, ${row.attention}: ${label} published ${publishedText(number)}, ours ${fixed(number.ours.mean, DIGITS)}`;
  return measured(row, number, description, fixed, row.runs);
}

// A gain is of this attention's runs and of those without attention.
function gainCell(row, table) {
  if (!row.gain) return null;
  if (!row.gain.ours) return verdict(row.gain.word);
  const description = `${row.title}, ${row.attention}: gain over none published ${signed(row.gain.published, DIGITS)}, ours ${signed(row.gain.ours.mean, DIGITS)}`;
  const baseline = table.rows.find((other) => blockOf(other) === blockOf(row) && other.attention === "none");
  return measured(row, row.gain, description, signed, [...row.runs, ...baseline.runs]);
}

function measured(row, number, description, format, runs) {
  const { ours, word, reason, p } = number;
  const shown = format(ours.mean, DIGITS);
  const open = () => showRun(data.runs[row.runs[0]], { description: `${description}: ${word} (${reason}).`, runs });
  const button = element("button", { type: "button", class: "link", "aria-haspopup": "dialog", "aria-label": `${shown}, runs of ${description}`, onclick: open }, shown);
  const spread = isAbsent(ours.low) ? null : element("span", { class: "spread" }, ` ${interval(ours, DIGITS, format)}`);
  const facts = [`n = ${ours.n}`, pText(p)].filter(Boolean).join(", ");
  return element("span", { class: "measured" }, element("span", {}, button, spread), element("span", { class: "facts-line" }, facts, " ", verdict(word), scaleMark(row.scale)));
}

function builtCell(row) {
  if (!row.built) return null;
  const different = row.counts && row.counts !== "equal";
  return element("span", {}, whole(row.built.parameters), different ? element("small", {}, row.counts) : null);
}

function otherRuns({ others, name }) {
  if (others.length === 0) return null;
  const lines = others.map(({ run, difference }) => {
    const open = () => showRun(data.runs[run]);
    return element("li", {}, element("button", { type: "button", class: "link", "aria-haspopup": "dialog", onclick: open }, runName(data.runs[run])), `: ${difference}`);
  });
  const title = `${count(others.length, "run")} of these cells with other settings or data, left out`;
  return element("details", { class: "claims-box", id: `${name}-others` }, element("summary", {}, title), element("ul", { class: "claims" }, ...lines));
}
