// The first thing seen: of the latest sweep the gains in their order, under a sentence that says what they mean.

const ANSWERED = 2; // comparisons on the first screen; of the others the sentence stands there

function showAnswer(width) {
  const { own, group, comparisons } = data.sweep;
  byId("answer-source").textContent = own
    ? `Your latest sweep${group ? `, ${group}` : ""}`
    : comparisons.length > 0 ? `Kept results of the project${group ? `: ${group}` : ""}. You have no runs yet: make demo` : "No finished run yet: make demo";
  const [first, ...others] = comparisons.map((index) => data.comparisons[index]);
  byId("answer").hidden = !first;
  if (!first) return;
  byId("answer-title").textContent = first.answer;
  byId("answer-wanted").textContent = first.wanted;
  const drawnOnes = [first, ...others].slice(0, ANSWERED);
  const each = drawnOnes.length > 1 ? halfWidth(width) : Math.min(width, 900);
  byId("answer-charts").classList.toggle("pair", drawnOnes.length > 1);
  byId("answer-charts").replaceChildren(...drawnOnes.map((comparison, at) => element("div", {},
    at > 0 ? element("p", { class: "answer-other" }, `${comparison.answer} ${comparison.wanted}`) : null, gainFigure(comparison, each))));
  byId("answer-more").replaceChildren(...others.slice(ANSWERED - 1).map((comparison) => element("li", {}, element("b", {}, `${comparison.place}: `), comparison.answer)));
}

// Gains over the reference, or where it did not run the means.
function gainFigure(comparison, width) {
  const metric = metricsByName.get(comparison.metric);
  const groups = groupsOf(comparison).filter((group) => group.estimates[metric.name]);
  const gains = groups.filter((group) => group.differences[metric.name]);
  const scale = comparison.scale === FULL ? "" : `, ${comparison.scale}`;
  const seeds = `${count(comparison.seeds, "seed")}${scale}`;
  if (!comparison.reference || gains.length === 0) return figure(comparison.place, seeds, meanChart(groups, metric, width));
  const rows = gains.map((group) => gainRow(group, comparison, metric)).sort((a, b) => b.mean - a.mean);
  return figure(comparison.place, `${seeds}; band: ±${comparison.margin} is practically none`, gainChart(rows, { reference: comparison.reference, metric: metric.label, margin: comparison.margin, width }));
}

function gainRow(group, comparison, metric) {
  const gain = group.differences[metric.name];
  const reference = groupsOf(comparison).find(({ attention }) => attention === comparison.reference);
  return gainMark(groupName(group), gain, { word: group.word, p: group.p, run: group.runs[0], seeds: pairedSeeds(group, reference, metric) });
}

function pairedSeeds(group, reference, metric) {
  const base = new Map(seedValues(reference, metric).map(({ run, value }) => [data.runs[run].seed, value]));
  return seedValues(group, metric).filter(({ run }) => base.has(data.runs[run].seed)).map(({ run, value }) => {
    const { seed } = data.runs[run];
    return { run, value: value - base.get(seed), tip: `${group.attention}, seed ${seed}: ${signed(value - base.get(seed), DIGITS)}` };
  });
}

function seedValues(group, metric) {
  return group.runs.map((run) => ({ run, value: data.runs[run].metrics[metric.name] })).filter(({ value }) => !isAbsent(value));
}

// Means with their intervals, seeds below, the mean without attention as a line.
function meanChart(groups, metric, width) {
  const digits = decimals(metric);
  const rows = groups.filter((group) => group.estimates[metric.name]).map((group) => {
    const estimate = group.estimates[metric.name];
    const seeds = seedValues(group, metric).map(({ run, value }) => ({ run, value, tip: `${group.attention}, seed ${data.runs[run].seed}: ${fixed(value, digits)}${metric.unit}` }));
    const tip = `${group.attention}, mean of ${count(estimate.n, "seed")}: ${fixed(estimate.mean, digits)}${metric.unit}\n95 % interval: ${interval(estimate, digits)}`;
    return { ...estimate, name: group.name ?? groupName(group), tone: colour(group.attention), text: fixed(estimate.mean, digits), run: group.runs[0], tip, seeds };
  });
  const base = groups.filter(({ attention }) => attention === "none");
  const line = base.length === 1 ? base[0].estimates[metric.name]?.mean : null;
  const label = `Mean ${axisTitle(metric)} by attention: ${rows.map(({ name, text, n }) => `${name} ${text} (${count(n, "seed")})`).join(", ")}.`;
  return intervalChart(rows, { title: axisTitle(metric), width, line, lineName: "none", label });
}
