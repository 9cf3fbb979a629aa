// The parts of the page as tabs. What is seen (tab and filters) stands in the address, to be sent or kept.

const TABS = { yours: "Your runs", paper: "Paper", studies: "Studies", cost: "Cost", findings: "Findings", pictures: "Pictures", runs: "All runs" };
let tab = "yours";

function buildTabs(onChange) {
  const names = Object.keys(TABS).filter((name) => byId(`tab-${name}`));
  byId("tabs").append(...names.map((name) => element("button", {
    type: "button", role: "tab", id: `tab-${name}-title`, "aria-controls": `tab-${name}`, onclick: () => choose(name),
  }, TABS[name])));
  byId("tabs").addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    choose(names[(names.indexOf(tab) + step + names.length) % names.length]);
    byId(`tab-${tab}-title`).focus();
  });
  addEventListener("hashchange", () => (location.hash.includes("=") ? readAddress() : goTo(location.hash)));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || !byId(link.hash.slice(1))) return;
    event.preventDefault();
    goTo(link.hash);
  });
  readAddress();

  function choose(name) {
    show(name);
    writeAddress();
  }

  function show(name) {
    tab = names.includes(name) ? name : names[0];
    for (const each of names) {
      byId(`tab-${each}`).hidden = each !== tab;
      byId(`tab-${each}-title`).setAttribute("aria-selected", each === tab);
      byId(`tab-${each}-title`).tabIndex = each === tab ? 0 : -1;
    }
    onChange();
  }

  function readAddress() {
    const state = new URLSearchParams(location.hash.slice(1));
    setFilters(state);
    show(state.get("tab") ?? (data.sweep.own || !data.studies.length ? "yours" : "studies"));
  }

  // The part of that id, its tab and all that it is folded in opened.
  function goTo(hash) {
    const node = byId(hash.slice(1));
    const panel = node?.closest("[role=tabpanel]");
    if (panel) choose(panel.id.slice("tab-".length));
    for (let box = node; box; box = box.parentElement?.closest("details")) if (box.tagName === "DETAILS") box.open = true;
    node?.scrollIntoView();
    node?.focus({ preventScroll: true });
  }
}

function writeAddress() {
  const state = new URLSearchParams({ tab, ...filterState() });
  try {
    history.replaceState(null, "", `#${state}`);
  } catch {
    // Some browsers allow no more than some changes of the address a second.
  }
}
