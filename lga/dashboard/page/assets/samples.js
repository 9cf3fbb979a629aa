// Sample predictions: the same images by one run of each attention, precision against recall and confusion below.

function showSamples(groups, width) {
  const shown = data.samples.runs.filter((sample) => groups.includes(data.groups[sample.group]));
  const panels = Map.groupBy(shown, (sample) => data.groups[sample.group].comparison);
  byId("samples").hidden = data.samples.runs.length + data.samples.left_out.length === 0;
  byId("sample-panels").replaceChildren(...[...panels].map(([index, members]) => samplePanel(data.comparisons[index], members, width)));
  if (shown.length === 0) byId("sample-panels").append(element("p", { class: "note" }, "No run with pictures passes the filters."));
  const leftOut = data.samples.left_out;
  byId("samples-left-out").hidden = leftOut.length === 0;
  byId("samples-left-out").textContent = `Not shown, to keep the page small (their folders hold the pictures): ${leftOut.join("; ")}.`;
}

function samplePanel(comparison, members, width) {
  const heading = element("h3", {}, comparison.place, " ", badge(comparison.scale));
  const names = [...new Set(members.flatMap(({ pictures }) => pictures.map(({ name }) => name)))];
  const rows = names.map((name) => element("div", { class: "samples" }, ...members.map((sample) => sampleFigure(sample, name))));
  const curves = precisionPlot(members, Math.min(width, 640));
  return element(
    "article", { class: "panel" }, heading, element("p", { class: "note" }, recipeText(comparison)), ...rows,
    curves && figure("Precision against recall", curveNote(members), curves), confusionFigure(members),
  );
}

function sampleFigure(sample, name) {
  const run = data.runs[sample.run];
  const picture = sample.pictures.find((candidate) => candidate.name === name);
  if (!picture) return element("figure", {}, sampleCaption(sample, run, name), element("p", { class: "note" }, "No such picture."));
  const { source, width, height, link } = picture;
  const alt = `Image ${name}: true boxes left, boxes found with ${run.attention}, seed ${run.seed}, right.`;
  const image = element("img", { src: source, width, height, alt, decoding: "async" });
  return element("figure", {}, sampleCaption(sample, run, name), element("a", { href: link }, image));
}

function sampleCaption(sample, run, name) {
  const open = { type: "button", class: "link", "aria-haspopup": "dialog", onclick: () => showRun(run) };
  const told = [data.groups[sample.group].distinction, `image ${name}`].filter(Boolean).join(", ");
  return element(
    "figcaption", {}, swatch(run.attention), " ",
    element("button", open, `${run.attention}, seed ${run.seed}`), " ", element("small", {}, told),
  );
}

function curveNote(members) {
  const overlaps = new Set(members.flatMap(({ precision_recall: curve }) => (curve ? [curve.iou] : [])));
  return `by COCO’s protocol, IoU ${[...overlaps].join(" and ")}, mean over classes, of the same runs`;
}

function precisionPlot(members, width) {
  const judged = members.filter((sample) => sample.precision_recall);
  const lines = judged.map(({ run, precision_recall: { recall, precision } }) => {
    const { attention } = data.runs[run];
    return { name: attention, colour: colour(attention), points: recall.map((at, index) => [at, precision[index]]) };
  });
  const label = `Precision against recall, mean over classes, for ${lines.map(({ name }) => name).join(", ")}.`;
  return lineChart(lines, { width, height: 300, across: "recall", title: "precision", least: [0, 1], label });
}
