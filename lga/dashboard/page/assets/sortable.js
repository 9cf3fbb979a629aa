// A table whose columns sort by buttons in its header; absent values always come last.
//
// A column: label() names it; value(row) is what is sorted by, cell(row) what is shown (by default the value);
// numeric columns are right-aligned and sort the largest first. With sectionOf(row), rows are sorted within
// their sections, each a row group under heading(section). Of many rows one page is shown at a time.

const PAGE_ROWS = 50;
const collator = new Intl.Collator("en", { numeric: true });

function sortableTable(table, columns, { sectionOf = () => null, heading = () => null } = {}) {
  const sorting = { column: null, direction: 1 };
  let rows = [];
  let first = 0; // of the rows on the page that is shown
  const head = element("tr", {}, ...columns.map(header));
  table.append(element("thead", {}, head));

  function header(column) {
    const sorter = () => element("button", { type: "button", onclick: () => sortBy(column) });
    return element("th", { scope: "col", class: columnClass(column) }, column.value ? sorter() : element("span"));
  }

  function sortBy(column) {
    const initial = column.numeric ? -1 : 1;
    sorting.direction = sorting.column === column ? -sorting.direction : initial;
    sorting.column = column;
    first = 0;
    draw();
  }

  function draw() {
    columns.forEach((column, index) => labelHeader(head.children[index], column));
    for (const body of [...table.tBodies]) body.remove();
    const sections = Map.groupBy(sorted().slice(first, first + PAGE_ROWS), sectionOf);
    for (const [section, members] of sections) table.append(rowGroup(section, members));
    pager.show(first, rows.length);
  }

  const pager = tablePager(table, (row) => {
    first = row;
    draw();
  });

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

  // For what is saved: all rows, a section's name before each where there are several.
  table.texts = () => {
    const several = new Set(rows.map(sectionOf)).size > 1;
    const texts = (row) => [...(several ? [heading(sectionOf(row))?.textContent ?? ""] : []), ...[...line(row).cells].map(cellText)];
    return [[...(several ? [""] : []), ...columns.map((column) => column.label())], ...sorted().map(texts)];
  };

  return {
    show(shown) {
      rows = shown;
      first = 0;
      draw();
    },
  };
}

// Which rows are shown, and buttons to those before and after them; nothing where one page holds all.
function tablePager(table, onTurn) {
  const position = element("span", { role: "status" });
  const button = (text) => element("button", { type: "button", class: "quiet" }, text);
  const [back, on] = [button("Previous rows"), button("Next rows")];
  const bar = element("div", { class: "pager", hidden: true }, position, back, on);
  let [first, total] = [0, 0];
  back.addEventListener("click", () => onTurn(Math.max(0, first - PAGE_ROWS)));
  on.addEventListener("click", () => onTurn(first + PAGE_ROWS));
  return {
    show(row, rows) {
      if (!bar.isConnected) table.parentElement.after(bar);
      [first, total] = [row, rows];
      bar.hidden = total <= PAGE_ROWS;
      position.textContent = `Rows ${whole(first + 1)} to ${whole(Math.min(first + PAGE_ROWS, total))} of ${whole(total)}`;
      back.disabled = first === 0;
      on.disabled = first + PAGE_ROWS >= total;
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
