// Pictures, the same images by one run of each attention: of the test split, with precision against recall and
// confusion below, and the reader's own. One that is clicked is shown large, beside those of the other attentions.

const ROWS_SHOWN = 2; // images of a panel that are not folded

function showSamples(groups, width) {
  const shown = data.samples.runs.filter((sample) => groups.includes(data.groups[sample.group]));
  const [own, test] = [true, false].map((mine) => shown.filter((sample) => sample.own === mine));
  const comparisonOf = (sample) => data.groups[sample.group].comparison;
  const judged = new Set(test.map(comparisonOf)); // whose classes stand below the pictures of the test split
  const fill = (id, samples) => byId(id).replaceChildren(...[...Map.groupBy(samples, comparisonOf)]
    .map(([index, members], at) => samplePanel(data.comparisons[index], members, width, at < OPEN_PANELS, members[0].own && judged.has(index))));
  fill("sample-panels", test);
  fill("own-panels", own);
  byId("samples").hidden = data.samples.runs.length + data.samples.left_out.length === 0;
  byId("own-pictures").hidden = own.length === 0;
  if (test.length === 0) byId("sample-panels").append(element("p", { class: "note" }, "No run with pictures of the test split passes the filters."));
  const leftOut = [...new Set(data.samples.left_out)];
  byId("samples-left-out").hidden = leftOut.length === 0;
  byId("samples-left-out").textContent = `Not shown, to keep the page small (their folders hold the pictures): ${leftOut.join("; ")}.`;
}

function samplePanel(comparison, members, width, open, judged) {
  const names = [...new Set(members.flatMap(({ pictures }) => pictures.map(({ name }) => name)))];
  const rows = names.map((name, index) => members.map((sample) => sampleFigure(sample, name, () => zoom(members, names, index))));
  const more = members.length > 1 ? rows.splice(ROWS_SHOWN) : [];
  const lines = (of) => (members.length > 1 ? of : [of.flat()]).map((figures) => element("div", { class: "samples" }, ...figures));
  const most = Math.max(...members.map((sample) => sample.of));
  const left = most > names.length && `${names.length} of ${most} images, the others are in the runs’ folders`;
  const curves = precisionPlot(members, halfWidth(width));
  const classes = judged ? null : classTable(comparison.place, members.map(({ group }) => ({ name: groupName(data.groups[group]), runs: data.groups[group].runs })));
  return folded(comparison.place, comparison.scale, [recipeText(comparison), left].filter(Boolean).join("; "), open, () => [
    ...lines(rows),
    more.length > 0 ? element("details", {}, element("summary", {}, count(more.length, "more image")), ...lines(more)) : "",
    element("div", { class: "pair" }, figure("Precision against recall", curveNote(members), curves), classes), confusionFigure(members) ?? "",
  ]);
}

function sampleFigure(sample, name, open) {
  const run = data.runs[sample.run];
  const picture = sample.pictures.find((candidate) => candidate.name === name);
  const image = picture
    ? element("button", { type: "button", class: "picture", "aria-haspopup": "dialog", onclick: open }, sampleImage(sample, picture))
    : element("p", { class: "note" }, "No such picture.");
  return element("figure", {}, sampleCaption(sample, run, name), image);
}

function sampleImage(sample, { name, source, width, height }) {
  const { attention, seed } = data.runs[sample.run];
  const seen = sample.own ? `what ${attention}, seed ${seed}, says of it` : `true boxes left, boxes found with ${attention}, seed ${seed}, right`;
  return element("img", { src: source, width, height, alt: `Image ${name}: ${seen}.`, decoding: "async" });
}

function sampleCaption(sample, run, name) {
  const open = { type: "button", class: "link", "aria-haspopup": "dialog", onclick: () => showRun(run) };
  const description = [data.groups[sample.group].distinction, `image ${name}`].filter(Boolean).join(", ");
  return element(
    "figcaption", {}, swatch(run.attention), " ",
    element("button", open, `${run.attention}, seed ${run.seed}`), " ", element("small", {}, description),
  );
}

// One image by all members of a panel, large; the arrow keys and two buttons lead to the panel's others.
function zoom(members, names, start) {
  const dialog = byId("zoom-dialog");
  const button = (text, act, label) => element("button", { type: "button", class: "quiet", onclick: act, "aria-label": label }, text);
  const [title, images] = [element("h2", { id: "zoom-title", "aria-live": "polite" }), element("div", { class: "zoomed" })];
  const step = (by) => show((shown + by + names.length) % names.length);
  const turns = names.length > 1 ? [button("Previous", () => step(-1), "Previous image"), button("Next", () => step(1), "Next image")] : [];
  let shown = start;
  dialog.replaceChildren(element("header", {}, title, element("span", { class: "turns" }, ...turns, button("Close", () => dialog.close()))), images);
  dialog.onkeydown = ({ key }) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (by) step(by);
  };
  show(start);
  dialog.showModal();

  function show(index) {
    shown = index;
    title.textContent = `Image ${names[index]} (${index + 1} of ${names.length})`;
    images.replaceChildren(...members.flatMap((sample) => {
      const picture = sample.pictures.find(({ name }) => name === names[index]);
      return picture ? [zoomedFigure(sample, picture)] : [];
    }));
    dialog.scrollTop = 0;
  }
}

function zoomedFigure(sample, picture) {
  const { attention, seed } = data.runs[sample.run];
  const name = `${attention}, seed ${seed}`;
  const link = element("a", { href: picture.link, "aria-label": `file of ${name}` }, "file in full size");
  return element("figure", {}, element("figcaption", {}, swatch(attention), ` ${name} `, element("small", {}, link)), sampleImage(sample, picture));
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
