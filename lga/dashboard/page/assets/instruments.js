// Inside the Local-Global block: all watched runs at a glance, then one of them in full.

const EXACT_ZERO = "0 (exactly)";
const PARTS = { q: "queries", k: "keys", v: "values" };
const SERIES_LEAST_WIDTH = 330;
const MOST_WIDTH = 620;

function buildInstruments(onChange) {
  byId("inside").hidden = !data.instruments;
  if (!data.instruments) return;
  const { blocks, left_out: leftOut } = data.instruments;
  byId("inside-choice").append(...blocks.map((block, index) => option(index, insideName(block))));
  byId("inside-choice").addEventListener("change", onChange);
  byId("inside-left-out").hidden = leftOut.length === 0;
  byId("inside-left-out").textContent = `Not shown, to keep the page small (their folders hold instruments.json): ${leftOut.join("; ")}.`;
}

function showInstruments(runs, width) {
  if (!data.instruments) return;
  const visible = new Set(runs);
  const shown = data.instruments.blocks.filter((block) => visible.has(data.runs[block.run]));
  for (const choice of byId("inside-choice").options) choice.hidden = choice.disabled = !shown.includes(data.instruments.blocks[choice.value]);
  const chosen = data.instruments.blocks[byId("inside-choice").value];
  const block = shown.includes(chosen) ? chosen : shown[0];
  byId("inside-field").hidden = !block;
  if (!block) {
    byId("inside-glance").replaceChildren();
    byId("inside-block").replaceChildren(element("p", { class: "note" }, "No run with instruments passes the filters."));
    return;
  }
  byId("inside-choice").value = data.instruments.blocks.indexOf(block);
  byId("inside-glance").replaceChildren(insideGlance(shown));
  byId("inside-block").replaceChildren(insidePanel(block, width));
}

// A run may hold several blocks.
function insideName(block) {
  const several = data.instruments.blocks.filter(({ run }) => run === block.run).length > 1;
  return runName(data.runs[block.run]) + (several ? `, ${block.name}` : "");
}

function insideGlance(blocks) {
  const names = ["Run", ...Object.values(PARTS).map((part) => `Gradient of ${part}`), "Parameters without gradient", "Alarms"];
  const head = element("tr", {}, ...names.map((name, i) => element("th", { scope: "col", class: i > 0 && i < 5 ? "number" : null }, element("span", {}, name))));
  const lines = blocks.map((block) => element(
    "tr", {}, element("th", { scope: "row" }, insideLink(block)),
    ...Object.keys(PARTS).map((part) => gradientCell(overBranches(block, part))),
    element("td", { class: "number" }, isAbsent(block.dead) ? ABSENT : `${fixed(100 * block.dead, 1)}\u00a0%`),
    element("td", {}, block.alarms.length > 0 ? block.alarms.map(({ sign }) => sign).join(", ") : "none"),
  ));
  const caption = "Norms of the gradients of all branches together, after the last epoch.";
  const table = element("table", {}, element("caption", {}, element("span", {}, caption)), element("thead", {}, head), element("tbody", {}, ...lines));
  return element("div", { class: "scroll inside-glance", role: "region", "aria-label": "Watched runs at a glance", tabindex: "0" }, table);
}

function insideLink(block) {
  const { attention } = data.runs[block.run];
  const choose = () => {
    byId("inside-choice").value = data.instruments.blocks.indexOf(block);
    byId("inside-choice").dispatchEvent(new Event("change"));
    byId("inside-title-run").focus();
  };
  const button = element("button", { type: "button", class: "link", onclick: choose }, insideName(block));
  return element("span", { class: "attention" }, swatch(attention), button);
}

// The norm of all branches' gradients of the last epoch as one vector.
function overBranches({ gradients }, part) {
  const norms = Object.values(gradients).map((parts) => parts[part][parts[part].length - 1]);
  return norms.length === 0 || norms.some(isAbsent) ? null : Math.hypot(...norms);
}

function gradientCell(norm) {
  return element("td", { class: norm === 0 ? "number exact-zero" : "number" }, norm === 0 ? EXACT_ZERO : seriesNumber(norm));
}

function insidePanel(block, width) {
  const run = data.runs[block.run];
  const heading = element("h3", { id: "inside-title-run", tabindex: "-1" }, insideName(block), " ", badge(run.scale));
  const columns = Math.max(1, Math.min(4, Math.floor(width / SERIES_LEAST_WIDTH)));
  const each = Math.min(MOST_WIDTH, Math.floor((width - 24 * (columns - 1)) / columns));
  const plots = insideSeries(block).map(({ title, note, series, range }) => figure(title, note, seriesPlot(title, block.epochs, series, each, range)));
  return element(
    "article", { class: "panel inside" }, heading,
    element("p", { class: "note" }, `${block.name}, contraction ${block.contraction.replace("_", " ")}. ${seenOn(block)}`),
    alarmList(block), element("div", { class: "facets" }, ...plots),
    element("div", { class: "pair" }, gradientTable(block), kernelTable(block) ?? ""), unreachedTable(block) ?? "", insideNumbers(block),
  );
}

function seenOn({ every, images, samples }) {
  const looks = isAbsent(samples) ? "" : ` (${count(samples, "sample")} in the last epoch)`;
  const often = every === 1 ? "at every step" : `at the first of every ${every} steps`;
  return `Gradients are sampled ${often} of training${looks}; all else is of the judged weights, after each epoch, on the first images of the validation split, ${images} at most.`;
}

function alarmList({ alarms }) {
  if (alarms.length === 0) return element("p", { class: "no-alarm" }, "No alarm.");
  const items = alarms.map(({ sign, first, last, seen, meaning }) => {
    const when = first === last ? `Epoch ${whole(first)}` : `Epochs ${whole(first)} to ${whole(last)}`;
    return element("li", {}, element("b", {}, `Alarm: ${sign}.`), ` ${when}: ${seen}. ${meaning}`);
  });
  return element("ul", { class: "alarms" }, ...items);
}

function insideSeries(block) {
  const { alpha, gate, attention, paths, contraction } = block;
  const named = (values) => Object.entries(values).map(([name, numbers]) => ({ name, values: numbers }));
  const effect = contraction === "released" ? "share of the largest; without effect in this block" : "share of the largest";
  const all = [
    { title: "Alphas", note: "weights of the branches", series: named(alpha), range: aroundMiddle(Object.values(alpha).flat()) },
    { title: "Gate", note: "mean weight of each scale", series: (gate?.weights ?? []).map((values, i) => ({ name: scaleName(i), values })), range: [0, 0] },
    { title: "Gate entropy", note: "share of the largest", series: gate ? [{ name: "entropy", values: gate.entropy }] : [], range: [0, 1] },
    { title: "Output by path", note: "share explained; 1 in all", series: named(paths), range: [0, 1] },
    { title: "Attention entropy", note: effect, series: Object.entries(attention).map(([name, { entropy }]) => ({ name, values: entropy })), range: [0, 1] },
  ];
  return all.filter(({ series }) => series.length > 0);
}

// So wide that a change of thousandths does not look like one.
function aroundMiddle(values) {
  const known = values.filter((value) => !isAbsent(value));
  const middle = (Math.min(...known) + Math.max(...known)) / 2;
  return [middle - 0.05, middle + 0.05];
}

function scaleName(index) {
  return index === 0 ? "map itself" : `stride ${2 ** (index - 1)}`;
}

// Of each branch the last epoch's norms, and how they ranged.
function gradientTable({ gradients }) {
  const head = element("tr", {}, ...["Branch", ...Object.values(PARTS)].map((name, i) => element("th", { scope: "col", class: i ? "number" : null }, element("span", {}, name))));
  const lines = Object.entries(gradients).map(([branch, parts]) => element(
    "tr", {}, element("th", { scope: "row" }, branch), ...Object.keys(PARTS).map((part) => rangedCell(parts[part]))));
  const table = element("table", { class: "gradients" }, element("caption", {}, element("span", {}, "Mean norm of the gradient in the last epoch; below it the least and the most of all epochs.")), element("thead", {}, head), element("tbody", {}, ...lines));
  const scroll = element("div", { class: "scroll", role: "region", "aria-label": "Gradients of queries, keys and values", tabindex: "0" }, table);
  return element("figure", {}, element("figcaption", {}, "Gradients of queries, keys and values"), scroll);
}

function rangedCell(norms) {
  const cell = gradientCell(norms[norms.length - 1]);
  const known = norms.filter((norm) => !isAbsent(norm));
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const range = most === 0 ? "in every epoch" : `${least === 0 ? EXACT_ZERO : seriesNumber(least)} to ${seriesNumber(most)}`;
  if (known.length > 1) cell.append(element("small", {}, range));
  return cell;
}

// Percent of the largest magnitude, shaded; a table, so that it can be read without seeing it.
function kernelTable({ kernel, picture }) {
  if (!kernel) return null;
  const largest = Math.max(...kernel.flat());
  const what = picture === "kernel" ? "The block’s kernel" : "Gradient of the output’s centre";
  const note = picture === "kernel" ? "mean magnitude over heads and channels" : "with respect to the input, mean magnitude over images and channels";
  const middle = (kernel.length - 1) / 2;
  const head = element("tr", {}, element("td"), ...kernel[0].map((_, x) => element("th", { scope: "col", class: "number" }, signedOffset(x - middle))));
  const lines = kernel.map((values, y) => element("tr", {}, element("th", { scope: "row" }, signedOffset(y - middle)), ...values.map((value) => kernelCell(value, largest))));
  const caption = `In percent of the largest, ${seriesNumber(largest)}; rows and columns are offsets from the position; an empty cell is 0, or beyond the map.`;
  const table = element("table", {}, element("caption", {}, element("span", {}, caption)), element("thead", {}, head), element("tbody", {}, ...lines));
  const scroll = element("div", { class: "scroll kernel", role: "region", "aria-label": what, tabindex: "0" }, table);
  return element("figure", {}, element("figcaption", {}, what, " ", element("small", {}, note)), scroll);
}

function kernelCell(value, largest) {
  const share = largest > 0 ? value / largest : 0;
  const cell = element("td", { class: "number shaded" }, value === 0 ? "" : whole(100 * share));
  // By its root, so that small ones can be seen; by script, as the page's policy forbids a style attribute.
  cell.style.setProperty("--share", `${(100 * Math.sqrt(share)).toFixed(1)}%`);
  return cell;
}

function signedOffset(offset) {
  return offset === 0 ? "0" : signed(offset, 0);
}

// Which of the parameters the gradients of the last epoch never reached, and how much of each.
function unreachedTable(block) {
  const parameters = Object.entries(block.unreached);
  if (parameters.length === 0) return null;
  const head = element("tr", {}, element("th", { scope: "col" }, element("span", {}, "Parameter")), element("th", { scope: "col", class: "number" }, element("span", {}, "Share that no gradient reached")));
  const lines = parameters.map(([name, share]) => element("tr", {}, element("th", { scope: "row" }, name), element("td", { class: "number" }, `${fixed(100 * share, 1)}\u00a0%`)));
  const caption = `Parameters of the block of ${insideName(block)} whose gradient was exactly 0 at every sample of the last epoch`;
  return tableDetails(`Parameters without gradient: ${fixed(100 * block.dead, 1)}\u00a0% of the block’s numbers`, caption, head, lines);
}

function insideNumbers(block) {
  const series = insideSeries(block).flatMap(({ title, series }) => series.map(({ name, values }) => ({ name: `${title}: ${name}`, values })));
  const variances = Object.entries(block.attention).map(([name, { variance }]) => ({ name: `Attention entropy, variance over images: ${name}`, values: variance }));
  const all = [...series, ...variances];
  const head = element("tr", {}, ...["Epoch", ...all.map(({ name }) => name)].map((name, i) => element("th", { scope: "col", class: i ? "number" : null }, element("span", {}, name))));
  const lines = block.epochs.map((epoch, index) => element("tr", {}, element("th", { scope: "row" }, whole(epoch)), ...all.map(({ values }) => element("td", { class: "number" }, seriesNumber(values[index])))));
  return tableDetails("By epoch, in numbers", `Inside the block of ${insideName(block)}, by epoch`, head, lines);
}
