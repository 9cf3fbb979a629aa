// The page's charts, by Observable Plot: marks with intervals, lines by epoch, and accuracy against cost.
//
// A mark's title is shown under the pointer; the tables say the same to those without one. A mark of a run opens it.

const ROW = 30;
const TONES = { "gain": "var(--good)", "loss": "var(--bad)", "practically none": "var(--warn)" };
const OPENS = "\u0000"; // between a mark's title and the run that it opens

function colour(attention) {
  return `var(--colour-${data.attentions.indexOf(attention) % COLOURS})`;
}

function drawn(label, options) {
  const picture = Plot.plot({ color: { type: "identity" }, ...options });
  picture.querySelector("style")?.remove(); // the page's own says as much, and its policy allows no other
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", label);
  for (const part of picture.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  for (const title of picture.querySelectorAll("title")) {
    const [tip, run] = title.textContent.split(OPENS);
    title.parentNode.dataset.tip = tip;
    if (run) title.parentNode.dataset.run = run;
    title.remove();
  }
  return picture;
}

// Gains over a reference, a row each: those of `gainMark`.
function gainChart(rows, { reference, metric, margin, width, place = "" }) {
  const label = `Gain over ${reference} in ${metric}${place}, best first: ${rows.map(({ tip }) => tip.split("\n")[0]).join("; ")}.`;
  return intervalChart(rows, { title: `gain over ${reference}, points of ${metric}`, width, line: 0, lineName: reference, band: margin, label });
}

function gainMark(name, gain, { word, p, ...more }) {
  const bounds = isAbsent(gain.low) ? "" : ` [${interval(gain, DIGITS, signed)}]`;
  const found = [word, pText(p)].filter(Boolean).join(", ");
  const tip = `${name}: ${signed(gain.mean, DIGITS)}${bounds}, ${count(gain.n, more.unit ?? "seed")}${found && `\n${found}`}`;
  return { ...gain, name, tone: TONES[word] ?? "var(--soft)", text: signed(gain.mean, DIGITS), tip, ...more };
}

// A row each: { name, mean, low, high, text, tip, tone, published, seeds: [{ value, run, tip }], whole }, best first.
function intervalChart(rows, { title, width, line, band, label, lineName }) {
  const left = Math.min((width > 800 ? 0.5 : 0.38) * width, 14 + 6.8 * Math.max(0, ...rows.map(({ name }) => name.length)));
  const characters = Math.floor(left / 6.6);
  const shown = rows.map((row, index) => ({ ...row, index, seeds: row.seeds ?? [] }));
  const seeds = shown.flatMap(({ index, seeds: each }) => each.map((seed) => ({ ...seed, index })));
  const middle = [...shown.map(({ mean }) => mean), ...seeds.map(({ value }) => value), ...shown.map(({ published }) => published), line].filter((v) => !isAbsent(v));
  const [least, most] = [Math.min(...middle), Math.max(...middle)];
  const reach = 2.5 * Math.max(most - least, 2 * (band ?? 0), 0.1);
  const bounds = shown.flatMap(({ low, high }) => [low, high]).filter((v) => !isAbsent(v));
  const domain = [Math.max(least - reach, Math.min(least, ...bounds)), Math.min(most + reach, Math.max(most, ...bounds))];
  const room = 0.04 * Math.max(domain[1] - domain[0], 0.5);
  const from = Math.min(domain[0], band ? -band : Infinity) - room;
  const to = Math.max(domain[1], band ?? -Infinity) + room;
  const inside = (value) => Math.min(Math.max(value, from), to);
  const known = shown.filter(({ low }) => !isAbsent(low));
  return drawn(label, {
    width, height: rows.length * ROW + 62, marginLeft: left, marginRight: 62, marginTop: 20, marginBottom: 42,
    x: { domain: [from, to], label: title, labelAnchor: "center", labelArrow: "none", ticks: Math.max(2, Math.min(7, (width - left) / 70)), grid: true, nice: false },
    y: { type: "linear", domain: [rows.length - 0.5, -0.5], axis: null },
    marks: [
      band ? Plot.rect([0], { x1: -band, x2: band, fill: "var(--soft)", fillOpacity: 0.13 }) : null,
      isAbsent(line) ? null : Plot.ruleX([line], { stroke: "var(--ink)", strokeWidth: 1.3 }),
      isAbsent(line) ? null : Plot.text([lineName], { x: line, frameAnchor: "top", dy: -14, fill: "var(--soft)", text: (d) => d }),
      ...[400, 700].map((fontWeight) => Plot.text(shown.filter(({ whole: all }) => Boolean(all) === (fontWeight === 700)), {
        frameAnchor: "left", dx: -left, y: "index", text: ({ name }) => cut(name, characters), title: "name", fill: "var(--ink)", fontWeight, textAnchor: "start",
      })),
      Plot.link(known, { x1: ({ low }) => inside(low), x2: ({ high }) => inside(high), y: "index", stroke: "tone", strokeWidth: 2.2 }),
      Plot.dot(seeds, { x: "value", y: "index", dy: 9, r: 2.6, fill: "var(--soft)", fillOpacity: 0.6, title: ({ tip, run }) => tip + OPENS + run }),
      Plot.dot(shown.filter(({ published }) => !isAbsent(published)), { x: "published", y: "index", symbol: "diamond", r: 5, stroke: "var(--accent)", strokeWidth: 1.6, fill: "var(--paper)", title: ({ name, published }) => `${name}, published: ${signed(published, DIGITS)}` }),
      ...["circle", "square"].map((symbol) => Plot.dot(shown.filter(({ mean, whole: all }) => !isAbsent(mean) && Boolean(all) === (symbol === "square")), {
        x: "mean", y: "index", r: 5.2, symbol, fill: "tone", stroke: "var(--paper)", title: ({ tip, run }) => (isAbsent(run) ? tip : tip + OPENS + run),
      })),
      Plot.text(shown, { frameAnchor: "right", dx: 60, y: "index", text: "text", fill: "var(--ink)", fontWeight: 600, textAnchor: "end" }),
    ],
  });
}

function cut(text, characters) {
  return text.length > characters ? `${text.slice(0, Math.max(1, characters - 1))}…` : text;
}

// Lines: { name, colour, points: [[x, y]], thin, dashed }; thin ones have no name. `least` is a range the axis holds,
// `judged` an epoch that is marked.
function lineChart(lines, { width, height = 250, across = "epoch", title, least, settled = 0, judged, label }) {
  const named = lines.filter(({ thin, points }) => !thin && points.length > 0);
  if (named.length === 0) return null;
  const points = lines.flatMap((line, index) => line.points.map(([x, y]) => ({ x, y, index, ...line })));
  const late = lines.flatMap(({ points: all }) => all.slice(Math.floor(all.length * settled)).map(([, y]) => y));
  const [low, high] = extent([...late, ...(least ?? [])]);
  const room = 0.05 * (high - low || Math.abs(high) * 0.02 || 1);
  const right = width > 400 ? 112 : 12;
  const ends = apart(named.map((line) => ({ ...line, end: line.points.at(-1)[1] })), ((high - low + 2 * room) / (height - 60)) * 13, high);
  return drawn(label, {
    width, height, marginLeft: 46, marginRight: right, marginBottom: 38,
    x: { label: across, labelAnchor: "center", labelArrow: "none", ticks: Math.max(2, (width - 150) / 70), tickFormat: (v) => `${v}` },
    y: { domain: [low - room, high + room], label: title, labelArrow: "none", grid: true, ticks: 5 },
    marks: [
      ...[{ thin: true }, { dashed: true }, {}].map((kind) => Plot.line(points.filter(({ thin, dashed }) => Boolean(thin) === Boolean(kind.thin) && Boolean(dashed) === Boolean(kind.dashed)), {
        x: "x", y: "y", z: "index", stroke: "colour", clip: true, strokeWidth: kind.thin ? 1 : 2, strokeOpacity: kind.thin ? 0.35 : 1, strokeDasharray: kind.dashed ? "6 4" : "none",
      })),
      ...(isAbsent(judged) ? [] : [Plot.ruleX([judged], { stroke: "var(--soft)", strokeDasharray: "3 3" }),
        Plot.text([`judged: epoch ${judged}`], { x: judged, frameAnchor: "bottom", dy: -6, dx: -6, textAnchor: "end", fill: "var(--soft)", text: (d) => d })]),
      right > 12 ? Plot.text(ends, { x: () => Math.max(...points.map(({ x }) => x)), y: "at", text: ({ name }) => cut(name, 15), dx: 8, textAnchor: "start", fill: "colour", title: "name" }) : null,
    ],
  });
}

// Labels in order of their ends, at least `gap` from each other and none above `most`, if there is room.
function apart(labels, gap, most) {
  const sorted = [...labels].sort((a, b) => a.end - b.end);
  let next = -Infinity;
  for (const label of sorted) next = (label.at = Math.max(label.end, next)) + gap;
  let last = most;
  for (const label of sorted.toReversed()) last = (label.at = Math.min(label.at, last)) - gap;
  return sorted;
}

// Points { x, y, name, colour, tip, run, open, front, named }; a line joins the front.
function costChart(points, { width, title, across, label }) {
  return drawn(label, {
    width, height: 300, marginLeft: 50, marginRight: Math.min(190, width / 4), marginBottom: 44, inset: 8,
    x: { label: across, labelAnchor: "center", labelArrow: "none", ticks: Math.max(2, width / 120), grid: true },
    y: { label: title, labelArrow: "none", grid: true, ticks: 5 },
    marks: [
      Plot.ruleY([0], { stroke: "var(--ink)" }),
      Plot.line(points.filter(({ front }) => front).sort((a, b) => a.x - b.x), { x: "x", y: "y", stroke: "var(--soft)", strokeDasharray: "3 3" }),
      Plot.dot(points.filter(({ open }) => open), { x: "x", y: "y", r: 5, stroke: "colour", strokeWidth: 1.6, fill: "var(--paper)", title: "tip" }),
      Plot.dot(points.filter(({ open }) => !open), { x: "x", y: "y", r: 5, fill: "colour", title: ({ tip, run }) => (isAbsent(run) ? tip : tip + OPENS + run) }),
      Plot.text(points.filter(({ named }) => named), { x: "x", y: "y", text: "name", dx: 8, dy: -7, textAnchor: "start", fill: "var(--ink)" }),
    ],
  });
}

// The least and the largest of any number of values; a call with a million arguments would fail.
function extent(values) {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

function axisTitle(metric) {
  return metric.unit ? `${metric.label} (${metric.unit})` : metric.label;
}

// Nothing where there is no picture.
function figure(caption, note, picture) {
  return picture && element("figure", {}, element("figcaption", {}, caption, " ", element("small", {}, note)), picture);
}
