// Every table as CSV and LaTeX, every chart as SVG and PNG: buttons beside each, made where none are yet.

const PIXELS = 2; // of a PNG to one of the page

function offerExports(root) {
  for (const table of root.querySelectorAll(".scroll > table:not(.settings)")) {
    const name = fileName(table.parentElement.getAttribute("aria-label"));
    offer(table.parentElement, "before", [
      ["CSV", () => save(`${name}.csv`, "text/csv", csvText(tableTexts(table)))], ["LaTeX", () => save(`${name}.tex`, "text/x-tex", latexText(tableTexts(table)))],
    ]);
  }
  for (const picture of root.querySelectorAll("figure svg[role=img]")) {
    const name = fileName(picture.closest("figure").querySelector("figcaption").textContent);
    offer(picture.closest("figure").querySelector("figcaption"), "append", [
      ["SVG", () => save(`${name}.svg`, "image/svg+xml", svgText(picture))], ["PNG", () => savePicture(`${name}.png`, picture)],
    ]);
  }
}

function offer(node, place, buttons) {
  if (node.dataset.exports) return;
  node.dataset.exports = "offered";
  const made = buttons.map(([text, act]) => element("button", { type: "button", class: "export", title: `Save as ${text}`, onclick: act }, text));
  node[place](element("span", { class: "exports" }, ...made));
}

function fileName(text) {
  return (text ?? "table").toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(0, 60) || "table";
}

// All rows, also those of other pages of the table.
function tableTexts(table) {
  if (table.texts) return table.texts();
  return [...table.rows].map((row) => [...row.cells].map(cellText));
}

function cellText(cell) {
  return (cell?.textContent ?? "").replaceAll("\u00a0", " ").trim();
}

function csvText(rows) {
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => row.map((text) => quoted(text.replaceAll(MINUS, "-").replace(/^–$/, ""))).join(",")).join("\n") + "\n";
}

function latexText(rows) {
  const escaped = (text) => text.replaceAll(/[\\&%$#_{}~^]/g, (sign) => ({ "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" })[sign] ?? `\\${sign}`)
    .replaceAll(MINUS, "$-$").replaceAll("–", "--");
  const lines = rows.map((row) => `${row.map(escaped).join(" & ")} \\\\`);
  const columns = "l".repeat(Math.max(...rows.map((row) => row.length)));
  return [`\\begin{tabular}{${columns}}`, "\\toprule", lines[0], "\\midrule", ...lines.slice(1), "\\bottomrule", "\\end{tabular}", ""].join("\n");
}

// The picture with the colours that it has here, whatever page it goes to.
function svgText(picture) {
  const copy = picture.cloneNode(true);
  const originals = [picture, ...picture.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((node, index) => {
    const style = getComputedStyle(originals[index]);
    for (const name of ["fill", "stroke", "font-family", "font-size", "font-weight"]) node.setAttribute(name, style.getPropertyValue(name));
  });
  copy.setAttribute("xmlns", SVG);
  return new XMLSerializer().serializeToString(copy);
}

function savePicture(name, picture) {
  const { width, height } = picture.getBoundingClientRect();
  const image = new Image();
  image.onload = () => {
    const canvas = element("canvas", { width: width * PIXELS, height: height * PIXELS });
    const context = canvas.getContext("2d");
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => saveBlob(name, blob));
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(picture))}`;
}

function save(name, type, text) {
  saveBlob(name, new Blob([text], { type }));
}

function saveBlob(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function copyButton(text) {
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  };
  const button = element("button", { type: "button", class: "quiet", onclick: copy }, "Copy");
  return button;
}
