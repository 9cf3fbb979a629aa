// Linear axes for the plots.

function linear([from, to], [start, end]) {
  const factor = (end - start) / (to - from || 1);
  return (value) => start + (value - from) * factor;
}

// Round values that lie within a range, about as many as asked for.
function ticks([from, to], wanted) {
  const rough = (to - from || 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((multiple) => multiple * power >= rough) * power;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const values = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + step * 1e-9; k += 1) values.push(k * step);
  return values.map((value) => ({ value, text: fixed(value, digits) }));
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

// The range with a little room on both sides; a percentage gets none above 100.
function padded(low, high, unit) {
  const room = (high - low || Math.abs(high) * 0.02 || 1) * 0.05;
  const top = high + room;
  return [low - room, unit === "%" && high <= 100 ? Math.min(top, 100 + room / 4) : top];
}

function horizontalAxis(scale, marks, top, bottom, title, centre) {
  const group = svg("g", { class: "axis" });
  for (const { value, text } of marks) {
    const x = scale(value).toFixed(1);
    group.append(svg("line", { x1: x, x2: x, y1: top, y2: bottom }));
    group.append(svg("text", { x, y: bottom + 16, "text-anchor": "middle" }, text));
  }
  group.append(svg("text", { x: centre, y: bottom + 35, "text-anchor": "middle", class: "title" }, title));
  return group;
}

function verticalAxis(scale, marks, left, right) {
  const group = svg("g", { class: "axis" });
  for (const { value, text } of marks) {
    const y = scale(value);
    group.append(svg("line", { x1: left, x2: right, y1: y.toFixed(1), y2: y.toFixed(1) }));
    group.append(svg("text", { x: left - 8, y: (y + 4).toFixed(1), "text-anchor": "end" }, text));
  }
  return group;
}

function axisTitle(metric) {
  return metric.unit ? `${metric.label} (${metric.unit})` : metric.label;
}

// Text of at most so many characters, told in full under the pointer.
function shortened(text, characters, properties) {
  const shown = text.length > characters ? `${text.slice(0, Math.max(1, Math.floor(characters) - 1))}…` : text;
  return svg("text", properties, shown, shown === text ? null : svg("title", {}, text));
}
