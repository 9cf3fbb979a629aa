// The audit of the published counts, and the findings with their evidence.

const AUDIT_SIGNS = { equal: "consistent", explained: "undecided", unexplained: "not consistent" };

function showAudit() {
  byId("audit").hidden = byId("findings").hidden = !data.paper && !data.audit;
  byId("audit-missing").hidden = byId("findings-missing").hidden = Boolean(data.audit);
  if (!data.audit) return;
  const { summary, rows, findings } = data.audit;
  byId("audit-counts").append(...Object.keys(AUDIT_SIGNS).map((status) => auditCount(status, summary[status] ?? 0, rows.length)));
  byId("audit-rows").append(auditTable(rows));
  byId("finding-cards").append(...findings.map(findingCard));
}

function auditCount(status, number, rows) {
  return element("div", { class: "tile" }, element("dt", {}, status), element("dd", {}, element("b", {}, whole(number)), ` of ${whole(rows)}`));
}

function auditTable(rows) {
  const names = ["Table", "Dataset", "Network", "Attention", "Parameters, published", "built", "GFLOPs, published", "built, paper’s convention", "true", "Status"];
  const head = element("tr", {}, ...names.map((name, i) => element("th", { scope: "col", class: i > 3 && i < 9 ? "number" : null }, element("span", {}, name))));
  const lines = rows.map(({ published, counts, status, explanation }) => {
    const first = element("th", { scope: "row" }, published.tables.map((name) => name.replace("table", "")).join(", "));
    const texts = [published.dataset, published.model, published.attention];
    const numbers = [whole(published.parameters), whole(counts.parameters), fixed(published.gflops, 1), fixed(counts.gflops_paper, 3), fixed(counts.gflops, 3)];
    return element("tr", {}, first, ...texts.map((text) => element("td", {}, text)), ...numbers.map((text) => element("td", { class: "number" }, text)),
      element("td", {}, auditStatus(status), explanation && element("small", {}, `${explanation.name}: `, ...withCode(explanation.text))));
  });
  const details = tableDetails(`All ${rows.length} rows`, "Parameters and GFLOPs of the published rows, and of the networks that they name as built here", head, lines);
  const titles = { parameters: "Parameters", gflops_paper: "GFLOPs in the paper’s convention", gflops: "True GFLOPs" };
  details.append(...Object.entries(data.audit.conventions).map(([name, text]) => element("p", { class: "note" }, element("b", {}, `${titles[name] ?? name}: `), ...withCode(text), ".")));
  return details;
}

function auditStatus(status) {
  const shown = verdict(AUDIT_SIGNS[status] ?? "not run");
  shown.lastChild.textContent = status;
  return shown;
}

function findingCard({ number, title, published, measured, meaning, holds }) {
  const borne = auditStatus(holds ? "equal" : "unexplained");
  borne.lastChild.textContent = holds ? "borne out by measurement" : "not borne out by measurement";
  const parts = [["Published", published], ["Measured", measured], ["What it means", meaning]];
  return element(
    "article", { class: "finding", "aria-labelledby": `finding-${number}` },
    element("h3", { id: `finding-${number}` }, element("span", { class: "ordinal" }, `${number}.`), " ", ...withCode(title)),
    element("dl", {}, ...parts.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, ...withCode(text))])), borne,
  );
}

// Text whose parts between backticks are code.
function withCode(text) {
  return text.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));
}
