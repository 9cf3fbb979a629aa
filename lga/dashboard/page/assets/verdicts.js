// Verdicts: each has a word, a sign and a kind of border, so that none depends on its colour alone.

const SIGNS = {
  "consistent": "M-4,0.4L-1.2,3.4L4.4,-3.4",
  "not consistent": "M-3.4,-3.4L3.4,3.4M-3.4,3.4L3.4,-3.4",
  "undecided": "M-4.6,1.2C-3.4,-3 -1.6,-2.6 0,0S3.4,3 4.6,-1.2",
  "not run": "M-3.6,0H3.6",
};
const GAIN_SIGNS = {
  "gain": "M0,4.2V-4M-3.6,-0.4L0,-4L3.6,-0.4",
  "loss": "M0,-4.2V4M-3.6,0.4L0,4L3.6,0.4",
  "practically none": "M-3.6,-1.8H3.6M-3.6,1.8H3.6",
  "undecided": SIGNS.undecided,
};
const FULL = "full";

function verdict(word) {
  return signedWord(word, SIGNS[word] ?? GAIN_SIGNS[word]);
}

function signedWord(word, path) {
  const sign = svg("svg", { class: "sign", viewBox: "-6 -6 12 12", "aria-hidden": "true" }, svg("path", { d: path }));
  return element("span", { class: `verdict ${word.replaceAll(" ", "-")}` }, sign, word);
}

// What must be said beside every number that is not of a full run.
function scaleMark(scale) {
  return scale && scale !== FULL ? badge(scale) : null;
}

// The source prints three significant digits.
function publishedText({ published, digits }) {
  return fixed(published, digits ?? (Math.abs(published) < 10 ? 2 : 1));
}

function pText(p) {
  if (isAbsent(p)) return null;
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
}
