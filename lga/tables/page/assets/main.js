// Reads the data, draws the page, and draws it again when a filter or the width changes.

const data = JSON.parse(byId("data").textContent);
const UNDEFERRED = 8;
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
  let shownGroups = [];
  let drawnWidth = 0;

  function refresh() {
    const shown = filteredRuns();
    const visible = new Set(shown);
    shownGroups = data.groups.filter((group) => group.runs.some((index) => visible.has(data.runs[index])));
    published.show();
    studies.show();
    summary.show(shownGroups);
    runs.show(shown);
    showFailures(shown);
    drawPlots();
    byId("count").textContent = `${whole(shown.length)} of ${count(data.runs.length, "run")}, ${count(shownGroups.length, "summary row")}`;
  }

  function drawPlots() {
    drawnWidth = byId("plots").clientWidth;
    showPlots(shownGroups);
    showSamples(shownGroups, drawnWidth);
    showInstruments(filteredRuns(), drawnWidth);
    showFigureOne(halfWidth());
    studies.draw(halfWidth());
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

function showPlots(groups) {
  const plots = byId("plots");
  const panels = data.comparisons.map((comparison, index) => ({
    comparison,
    groups: groups.filter((group) => group.comparison === index),
  }));
  const width = halfWidth();
  plots.classList.toggle("many", panels.length > UNDEFERRED); // then what is off the screen is laid out when it comes in sight
  plots.replaceChildren(...panels.filter((panel) => panel.groups.length > 0).map((panel) => plotPanel(panel, width)));
  if (plots.childElementCount === 0) plots.append(element("p", { class: "note" }, "No finished run passes the filters."));
}

// That of one of two plots side by side, and of the whole where they stand below each other.
function halfWidth() {
  const whole = byId("plots").clientWidth;
  return Math.floor(whole < 820 ? whole : (whole - 40) / 2);
}

function plotPanel({ comparison, groups }, width) {
  const metric = metricOf(comparison);
  const title = `${comparison.dataset}, ${comparison.network}`;
  const heading = element("h3", {}, title, " ", badge(comparison.scale));
  const hasSeeds = groups.some((group) => group.estimates[metric.name]);
  const seeds = hasSeeds ? dotPlot(groups, metric, width) : null;
  return element(
    "article", { class: "panel" }, heading, element("p", { class: "note" }, recipeText(comparison)),
    element("div", { class: "pair" },
      figure("Test", "seeds, their mean and interval", seeds),
      figure("Validation by epoch", "the axis fits the last two thirds", curvePlot(groups, metric, width))),
  );
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
