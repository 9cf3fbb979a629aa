// A table whose columns sort by buttons in its header; absent values always come last.
//
// A column: label() names it; value(row) is what is sorted by, cell(row) what is shown (by default the value);
// numeric columns are right-aligned and sort the largest first. With sectionOf(row), rows are sorted within
// their sections, each a row group under heading(section).

const collator = new Intl.Collator("en", { numeric: true });

function sortableTable(table, columns, { sectionOf = () => null, heading = () => null } = {}) {
  const sorting = { column: null, direction: 1 };
  let rows = [];
  const head = element("tr", {}, ...columns.map(header));
  table.append(element("thead", {}, head));

  function header(column) {
    const sorter = () => element("button", { type: "button", onclick: () => sortBy(column) });
    return element("th", { scope: "col", class: columnClass(column) }, column.value ? sorter() : element("span"));
  }

  function sortBy(column) {
    const first = column.numeric ? -1 : 1;
    sorting.direction = sorting.column === column ? -sorting.direction : first;
    sorting.column = column;
    draw();
  }

  function draw() {
    columns.forEach((column, index) => labelHeader(head.children[index], column));
    for (const body of [...table.tBodies]) body.remove();
    const sections = Map.groupBy(sorted(), sectionOf);
    for (const [section, members] of sections) table.append(rowGroup(section, members));
  }

  function labelHeader(cell, column) {
    cell.firstChild.textContent = column.label();
    if (column !== sorting.column) cell.removeAttribute("aria-sort");
    else cell.setAttribute("aria-sort", sorting.direction > 0 ? "ascending" : "descending");
  }

  // The sections keep their order: rows are compared by section first.
  function sorted() {
    const { column, direction } = sorting;
    if (!column) return rows;
    const byColumn = (a, b) => compareValues(column.value(a), column.value(b), direction);
    return [...rows].sort((a, b) => sectionOf(a) - sectionOf(b) || byColumn(a, b));
  }

  function rowGroup(section, members) {
    const body = element("tbody");
    const title = heading(section);
    if (title) {
      const cell = element("th", { scope: "rowgroup", colspan: columns.length }, element("span", {}, title));
      body.append(element("tr", { class: "section" }, cell));
    }
    body.append(...members.map(line));
    return body;
  }

  function line(row) {
    return element("tr", {}, ...columns.map((column, index) => {
      const content = (column.cell ?? column.value)(row);
      const shown = isAbsent(content) ? ABSENT : content;
      if (index === 0) return element("th", { scope: "row" }, shown);
      return element("td", { class: columnClass(column) }, shown);
    }));
  }

  return {
    show(shown) {
      rows = shown;
      draw();
    },
  };
}

function columnClass(column) {
  return column.class ?? (column.numeric ? "number" : null);
}

function compareValues(a, b, direction) {
  if (isAbsent(a) || isAbsent(b)) return isAbsent(a) - isAbsent(b);
  return direction * (typeof a === "number" ? a - b : collator.compare(a, b));
}
