// Reads the data, draws the tab that is seen, and draws it again when a filter or the width changes.

const data = JSON.parse(byId("data").textContent);
const OPEN_PANELS = 1; // comparisons of the reader's runs that are not folded
const metricsByName = new Map(data.metrics.map((metric) => [metric.name, metric]));
const judgedBy = (item) => item.metric ?? data.comparisons[item.comparison].metric;
const metricOf = (item) => metricsByName.get(chosenMetric() || judgedBy(item));
const groupsByComparison = Map.groupBy(data.groups, (group) => group.comparison);
const groupsOf = (comparison) => groupsByComparison.get(data.comparisons.indexOf(comparison)) ?? [];

function start() {
  showFacts();
  buildFilters(refresh);
  buildCostChoice(draw);
  buildInstruments(draw);
  showAudit();
  const summary = summaryTable(metricOf);
  const published = paperTables();
  const studies = studyPanels();
  const runs = runTable(metricOf);
  const main = byId("main");
  let drawnWidth = 0;

  buildTooltip();
  buildTabs(draw);
  new ResizeObserver(() => {
    if (main.clientWidth !== drawnWidth) requestAnimationFrame(draw);
  }).observe(main);

  function refresh() {
    writeAddress();
    draw();
  }

  function draw() {
    const shownRuns = filteredRuns();
    const visible = new Set(shownRuns);
    const groups = data.sweep.own ? data.groups.filter((group) => group.runs.some((index) => visible.has(data.runs[index]))) : [];
    const width = main.clientWidth;
    const half = halfWidth(width);
    if (width !== drawnWidth) showAnswer(width);
    drawnWidth = width;
    byId("count").textContent = `${whole(shownRuns.length)} of ${count(data.runs.length, "run")}`;
    const parts = {
      yours() {
        summary.show(groups);
        showPlots(groups, half);
        showInstruments(shownRuns.filter(({ kept }) => !kept), width);
        showFailures(shownRuns);
        for (const id of ["summary", "seeds"]) byId(id).hidden = !data.sweep.own;
        byId("no-own-runs").hidden = data.sweep.own;
        studies.draw(half);
      },
      paper() {
        published.show();
        showForests(width);
        showFigureOne(half);
      },
      studies() {
        studies.show();
        studies.draw(half);
      },
      cost: () => showCost(width),
      findings() {},
      pictures() {
        showSamples(groups, width);
        byId("no-samples").hidden = !byId("samples").hidden;
      },
      runs: () => runs.show(shownRuns),
    };
    document.body.dataset.tab = tab;
    parts[tab]();
    offerExports(main);
  }
}

function showFacts() {
  const own = data.runs.filter(({ kept }) => !kept);
  const finished = own.filter((run) => run.status === "finished").length;
  const facts = [
    `${count(finished, "finished run")} of yours${own.length > finished ? `, ${own.length - finished} failed` : ""}`,
    `${count(data.runs.length - own.length, "kept record")} of the project`, `made ${minute(data.generated)} UTC`,
  ];
  byId("facts").append(facts.join(" · "));
}

function showPlots(groups, width) {
  const plots = byId("plots");
  const order = (index) => (data.sweep.comparisons.includes(index) ? data.sweep.comparisons.indexOf(index) : data.comparisons.length + index);
  const panels = [...Map.groupBy(groups, (group) => group.comparison)].sort(([a], [b]) => order(a) - order(b));
  plots.replaceChildren(...panels.map(([index, members], at) => plotPanel(data.comparisons[index], members, width, at < OPEN_PANELS)));
  if (plots.childElementCount === 0) plots.append(element("p", { class: "note" }, "No finished run passes the filters."));
}

// That of one of two plots side by side, and of the whole where they stand below each other.
function halfWidth(whole) {
  return Math.floor(whole < 820 ? whole : (whole - 40) / 2);
}

// The plots of a folded panel are drawn when it is opened.
function plotPanel(comparison, groups, width, open) {
  const metric = metricOf(comparison);
  return folded(comparison.place, comparison.scale, comparison.answer, open, () => [
    element("p", { class: "note" }, recipeText(comparison)),
    element("div", { class: "pair" },
      figure("Test", "seeds below their mean and its 95 % interval", groups.some((group) => group.estimates[metric.name]) ? meanChart(groups, metric, width) : null),
      figure("Validation by epoch", "seeds thin, their mean thick", curvePlot(groups, metric, width))),
  ]);
}

// A part whose title and one sentence are seen at once, the rest when it is opened.
function folded(title, scale, sentence, open, content) {
  const summary = element("summary", {}, element("b", {}, title), " ", scale ? badge(scale) : null, " ", element("span", { class: "summary" }, sentence));
  const details = element("details", { class: "fold", open }, summary);
  const fill = () => {
    if (!details.open || details.childElementCount > 1) return;
    details.append(...content());
    offerExports(details);
  };
  details.addEventListener("toggle", fill);
  fill();
  return details;
}

// The title of the mark under the pointer; a click on a run's mark opens the run.
function buildTooltip() {
  const tooltip = byId("tooltip");
  document.addEventListener("pointerover", (event) => {
    const tip = event.target.closest("[data-tip]");
    tooltip.hidden = !tip;
    if (!tip) return;
    tooltip.textContent = tip.dataset.tip;
    const { x, y, width } = tip.getBoundingClientRect();
    const half = tooltip.offsetWidth / 2 + 8;
    tooltip.style.left = `${Math.min(Math.max(x + width / 2, half), window.innerWidth - half)}px`;
    tooltip.style.top = `${y - 8}px`;
  });
  document.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-run]");
    if (mark) showRun(data.runs[mark.dataset.run]);
  });
  addEventListener("scroll", () => (tooltip.hidden = true), { passive: true });
}

start();
