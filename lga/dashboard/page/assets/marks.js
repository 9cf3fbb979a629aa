// Each attention has a colour and a shape, so that the plots can be read without colour.

const COLOURS = 8;
const SHAPES = [
  (r) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`, // circle
  (r) => polygon([[-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]], r), // square
  (r) => polygon([[0, -1.2], [1.1, 0.8], [-1.1, 0.8]], r), // triangle
  (r) => polygon([[0, -1.3], [1.1, 0], [0, 1.3], [-1.1, 0]], r), // diamond
  (r) => polygon([[0, 1.2], [1.1, -0.8], [-1.1, -0.8]], r), // triangle pointing down
  (r) => polygon([[-0.4, -1.15], [0.4, -1.15], [0.4, -0.4], [1.15, -0.4], [1.15, 0.4], [0.4, 0.4],
                  [0.4, 1.15], [-0.4, 1.15], [-0.4, 0.4], [-1.15, 0.4], [-1.15, -0.4], [-0.4, -0.4]], r), // plus
  (r) => polygon([[-0.6, -1.05], [0.6, -1.05], [1.2, 0], [0.6, 1.05], [-0.6, 1.05], [-1.2, 0]], r), // hexagon
];

function polygon(corners, radius) {
  return `M${corners.map(([x, y]) => `${(x * radius).toFixed(2)},${(y * radius).toFixed(2)}`).join("L")}Z`;
}

function colourOf(attention) {
  return `colour-${data.attentions.indexOf(attention) % COLOURS}`;
}

// A mark of an attention at a point, filled in its colour by the style sheet.
function mark(attention, x, y, radius, properties = {}) {
  const shape = SHAPES[data.attentions.indexOf(attention) % SHAPES.length];
  const place = `translate(${x.toFixed(1)},${y.toFixed(1)})`;
  const classes = `mark ${colourOf(attention)} ${properties.class ?? ""}`.trim();
  return svg("path", { ...properties, class: classes, d: shape(radius), transform: place });
}

function swatch(attention) {
  const picture = svg("svg", { class: "swatch", viewBox: "-7 -7 14 14", "aria-hidden": "true" });
  picture.append(mark(attention, 0, 0, 4.8));
  return picture;
}
