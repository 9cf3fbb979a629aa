// Each attention has a colour and, beside its name, a shape.

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

// The style sheet fills it in the attention's colour.
function swatch(attention) {
  const place = data.attentions.indexOf(attention);
  const shape = svg("path", { class: `mark colour-${place % COLOURS}`, d: SHAPES[place % SHAPES.length](4.8) });
  return svg("svg", { class: "swatch", viewBox: "-7 -7 14 14", "aria-hidden": "true" }, shape);
}
