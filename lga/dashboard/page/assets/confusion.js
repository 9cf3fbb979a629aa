// Confusion matrices: which class each run of a panel takes for which, drawn when its line is opened.
//
// The last class is the background: its column holds objects that were missed, its row boxes where nothing is.
// A count of 0 is absent from the data and an empty cell here.

const SHORT_NAME = 6; // columns with longer names than this have them written upwards
const MANY_CLASSES = 12; // a matrix of more takes the panel's whole width

const openMatrices = new Set(); // the runs whose matrix stays open when the panels are drawn again

function confusionFigure(members) {
  const judged = members.filter(({ confusion }) => confusion);
  if (judged.length === 0) return null;
  const caption = element("figcaption", {}, "Confusion matrices ", element("small", {}, "which class is taken for which, by the same runs"));
  const matrices = element("div", { class: "matrices" }, ...judged.map(matrixDetails));
  return element("figure", { class: "confusion" }, caption, element("p", { class: "note" }, confusionNote(judged)), matrices);
}

function confusionNote(judged) {
  const values = (name) => [...new Set(judged.map(({ confusion }) => confusion[name]))].join(" and ");
  return `Boxes with a score from ${values("confidence")}, matched with the objects at an IoU from ${values("iou")}. ` +
    "Each row is a class that is there, each column a class that was found; an empty cell is 0. " +
    "The larger a count’s share of its row, the more its cell is shaded. " +
    "The background is split in two: the column “missed” counts objects that no box matches, " +
    "the row “nothing there” boxes that match no object, or only one that is matched already.";
}

function matrixDetails(sample) {
  const { confusion } = sample;
  const run = data.runs[sample.run];
  const description = [data.groups[sample.group].distinction, outcomeInShort(confusion)].filter(Boolean).join(", ");
  const title = element("summary", {}, swatch(run.attention), " ", `${run.attention}, seed ${run.seed}: `, element("small", {}, description));
  const details = element("details", { class: confusion.classes.length - 1 > MANY_CLASSES ? "large" : null, open: openMatrices.has(run) }, title);
  details.addEventListener("toggle", () => {
    if (details.open) openMatrices.add(run);
    else openMatrices.delete(run);
    fill();
  });
  fill();
  return details;

  function fill() {
    if (details.open && details.children.length === 1) details.append(...matrixContent(confusion, run));
  }
}

function outcomeInShort({ outcome: { right, mistaken, missed } }) {
  return `${whole(right)} of ${count(right + mistaken + missed, "object")} found as their class`;
}

function matrixContent(confusion, run) {
  const { mistaken, missed, nothing_there: nothing } = confusion.outcome;
  const label = `Confusion matrix of ${run.attention}, seed ${run.seed}`;
  return [
    element("p", {}, `Found as another class: ${whole(mistaken)}. Missed: ${whole(missed)}. Boxes where nothing is: ${whole(nothing)}.`),
    confusion.pairs.length > 0 ? confusedPairs(confusion) : "",
    element("div", { class: "scroll matrix", role: "region", "aria-label": label, tabindex: "0" }, matrixTable(confusion, label)),
  ];
}

function confusedPairs({ classes, counts, totals, pairs }) {
  const lines = pairs.map(([there, found]) => element(
    "li", {}, `${classes[there]} taken for ${classes[found]}: `, element("b", {}, whole(counts[there][found])),
    ` of ${whole(totals[there])} (${percentage(counts[there][found], totals[there])})`,
  ));
  return element("div", {}, element("p", { class: "pairs-title" }, "Most frequent"), element("ol", { class: "pairs" }, ...lines));
}

function matrixTable(confusion, label) {
  const classes = confusion.classes.slice(0, -1);
  const columns = [...classes, "missed", "total"];
  const head = element("tr", {}, element("th", { scope: "col" }, "there ↓ found →"), ...columns.map((name) => columnName(name, classes)));
  const rows = [...classes, "nothing there"].map((name, there) => matrixRow(confusion, name, there));
  return element(
    "table", {}, element("caption", { class: "hidden" }, label), element("thead", {}, head), element("tbody", {}, ...rows),
  );
}

function columnName(name, classes) {
  const upwards = classes.some((other) => other.length > SHORT_NAME);
  return element("th", { scope: "col", class: upwards ? "upwards" : "number" }, element("span", { title: name }, name));
}

function matrixRow(confusion, name, there) {
  const cells = confusion.classes.map((_, found) => matrixCell(confusion, there, found));
  const total = element("td", { class: "number total" }, whole(confusion.totals[there]));
  return element("tr", {}, element("th", { scope: "row" }, name), ...cells, total);
}

function matrixCell({ classes, counts, totals }, there, found) {
  const background = classes.length - 1;
  const own = there === found && there !== background ? " own" : "";
  const number = counts[there][found];
  if (!number) return element("td", { class: `number${own}` });
  const as = found === background ? "missed" : `found as ${classes[found]}`;
  const what = there === background ? "boxes where nothing is" : classes[there];
  const share = percentage(number, totals[there]);
  const title = `${whole(number)} of ${whole(totals[there])} ${what} (${share}) ${as}`;
  const cell = element("td", { class: `number shaded${own}`, title }, whole(number));
  // By its root, so that rare confusions can be seen; by script, as the page's policy forbids a style attribute.
  cell.style.setProperty("--share", `${(100 * Math.sqrt(number / totals[there])).toFixed(1)}%`);
  return cell;
}

function percentage(part, total) {
  return `${fixed(100 * part / total, 1)}\u00a0%`;
}
