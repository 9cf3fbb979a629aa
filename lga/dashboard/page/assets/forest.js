// The paper's claim over data sets: the block's gain in each cell that ran, and the mean over cells.

function showForests(width) {
  byId("forests").replaceChildren(...data.forests.map((forest) => element("div", {},
    element("p", { class: "answer-other" }, forest.sentence), figure(`LGA’s gain over none, ${forest.label}`, "diamonds: published; square: mean over cells (random effects)", forestChart(forest, Math.min(width, 1000))))));
}

function forestChart({ cells, pooled, label: metric, margin }, width) {
  const row = (name, gain, more) => ({
    ...gain, name, text: signed(gain.mean, DIGITS), tone: gain.low > 0 ? TONES.gain : gain.high < 0 ? TONES.loss : "var(--soft)",
    tip: `${name}: ${signed(gain.mean, DIGITS)} [${interval(gain, DIGITS, signed)}]`, ...more,
  });
  const sorted = [...cells].sort((a, b) => b.gain.mean - a.gain.mean);
  const rows = [...sorted.map(({ place, gain, published }) => row(place.replace(" of the training images", " of the data"), gain, { published })), row(`all ${pooled.n} cells`, pooled, { whole: true })];
  const label = `Gain of LGA over none in points of ${metric}: ${rows.map(({ tip }) => tip).join("; ")}.`;
  return intervalChart(rows, { title: `gain over none, points of ${metric}`, width, line: 0, lineName: "none", band: margin, label });
}
