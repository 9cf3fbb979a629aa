// Reads the data, draws the page, and draws it again when a filter or the width changes.

const data = JSON.parse(byId("data").textContent);
const DRAWN_AT_ONCE = 200; // runs in the plots that are drawn before they come near the screen
const FRAME = 80; // pixels of a plot beside its rows
const groupsByComparison = Map.groupBy(data.groups, (group) => group.comparison);
const metricsByName = new Map(data.metrics.map((metric) => [metric.name, metric]));
const judgedBy = (item) => item.metric ?? data.comparisons[item.comparison].metric;
const metricOf = (item) => metricsByName.get(chosenMetric() || judgedBy(item));

function start() {
  showFacts();
  buildFilters(refresh);
  buildCostChoice(drawPlots);
  buildInstruments(drawPlots);
  showAudit();
  const summary = summaryTable(metricOf);
  const published = paperTables();
  const studies = studyPanels();
  const runs = runTable(metricOf);
  let shownRuns = [];
  let shownGroups = [];
  let drawnWidth = 0;

  function refresh() {
    shownRuns = filteredRuns();
    const visible = new Set(shownRuns);
    shownGroups = data.groups.filter((group) => group.runs.some((index) => visible.has(data.runs[index])));
    published.show();
    studies.show();
    summary.show(shownGroups);
    runs.show(shownRuns);
    showFailures(shownRuns);
    drawPlots();
    byId("count").textContent = `${whole(shownRuns.length)} of ${count(data.runs.length, "run")}, ${count(shownGroups.length, "summary row")}`;
  }

  function drawPlots() {
    drawnWidth = byId("plots").clientWidth;
    const half = halfWidth(drawnWidth);
    showPlots(shownGroups, half);
    showSamples(shownGroups, drawnWidth);
    showInstruments(shownRuns, drawnWidth);
    showFigureOne(half);
    studies.draw(half);
    showCost(drawnWidth);
    showContents();
  }

  buildTooltip();
  refresh();
  new ResizeObserver(() => {
    if (byId("plots").clientWidth !== drawnWidth) requestAnimationFrame(drawPlots);
  }).observe(byId("plots"));
}

function showFacts() {
  const finished = data.runs.filter((run) => run.status === "finished").length;
  const facts = [
    ["Runs", `${whole(finished)} finished, ${whole(data.runs.length - finished)} failed`],
    ["Comparisons", whole(data.comparisons.length)],
    ["Read from", data.source],
    ["Generated", element("time", { datetime: data.generated }, `${minute(data.generated)} UTC`)],
  ];
  byId("facts").append(...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  byId("scales").append(...data.scales.map(({ name, meaning, runs }) =>
    element("p", {}, badge(name), element("span", {}, element("b", {}, `${count(runs, "run")}. `), meaning))));
}

function showPlots(groups, width) {
  const plots = byId("plots");
  const panels = [...Map.groupBy(groups, (group) => group.comparison)].sort(([a], [b]) => a - b);
  let drawn = 0;
  forgetDeferred(plots);
  plots.replaceChildren(...panels.map(([index, members]) => {
    drawn += members.reduce((runs, group) => runs + group.runs.length, 0);
    return plotPanel(data.comparisons[index], members, width, drawn > DRAWN_AT_ONCE);
  }));
  if (plots.childElementCount === 0) plots.append(element("p", { class: "note" }, "No finished run passes the filters."));
}

// That of one of two plots side by side, and of the whole where they stand below each other.
function halfWidth(whole) {
  return Math.floor(whole < 820 ? whole : (whole - 40) / 2);
}

// The plots of a panel that is `deferred` are drawn when it comes near the screen.
function plotPanel(comparison, groups, width, deferred) {
  const title = `${comparison.dataset}, ${comparison.network}`;
  const heading = element("h3", {}, title, " ", badge(comparison.scale));
  const pair = element("div", { class: "pair" });
  const draw = () => pair.replaceChildren(...plotPair(comparison, groups, width));
  if (deferred) drawWhenNear(pair, draw, plotHeight(groups.length) + FRAME);
  else draw();
  return element("article", { class: "panel" }, heading, element("p", { class: "note" }, recipeText(comparison)), pair);
}

function plotPair(comparison, groups, width) {
  const metric = metricOf(comparison);
  const hasSeeds = groups.some((group) => group.estimates[metric.name]);
  return [
    figure("Test", "seeds, their mean and interval", hasSeeds ? dotPlot(groups, metric, width) : null),
    figure("Validation by epoch", "the axis fits the last two thirds", curvePlot(groups, metric, width)),
  ];
}

function figure(caption, note, picture) {
  return element("figure", {}, element("figcaption", {}, caption, " ", element("small", {}, note)), picture ?? element("p", { class: "note" }, "Not recorded."));
}

// What a mark under the pointer stands for; the tables tell the same to those without one.
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
  addEventListener("scroll", () => (tooltip.hidden = true), { passive: true });
}

start();
