// The paper's claim over data sets: the block's gain in each cell that ran, and the mean over cells.

function showForests(width) {
  byId("forests").replaceChildren(...data.forests.map((forest) => element("div", {},
    element("p", { class: "answer-other" }, forest.sentence), figure(`LGA’s gain over none, ${forest.label}`, "diamonds: published; square: mean over cells (random effects)", forestChart(forest, Math.min(width, 1000))))));
}

function forestChart({ cells, pooled, label: metric, margin }, width) {
  const row = (name, gain, more) => gainMark(name, gain, { word: gain.low > 0 ? "gain" : gain.high < 0 ? "loss" : null, ...more });
  const sorted = [...cells].sort((a, b) => b.gain.mean - a.gain.mean);
  const rows = [...sorted.map(({ place, gain, published }) => row(place.replace(" of the training images", " of the data"), gain, { published })), row(`all ${pooled.n} cells`, pooled, { whole: true, unit: "cell" })];
  return gainChart(rows, { reference: "none", metric, margin, width });
}
