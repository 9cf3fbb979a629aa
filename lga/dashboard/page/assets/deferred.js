// What is drawn when it comes near the screen, and all of it before the page is printed.

const deferred = new Map();
const NEAR = "1000px";
const watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) drawDeferred(target);
}, { rootMargin: `${NEAR} 0px` });

addEventListener("beforeprint", () => [...deferred.keys()].forEach(drawDeferred));

// Until `draw` is called the node keeps `height` pixels free.
function drawWhenNear(node, draw, height) {
  node.style.minHeight = `${height}px`;
  deferred.set(node, draw);
  watcher.observe(node);
}

function drawDeferred(node) {
  const draw = deferred.get(node);
  watcher.unobserve(node);
  deferred.delete(node);
  node.style.minHeight = "";
  draw?.();
}

// Drops what was deferred below `parent`, which is about to be filled anew.
function forgetDeferred(parent) {
  for (const node of deferred.keys()) {
    if (!parent.contains(node)) continue;
    watcher.unobserve(node);
    deferred.delete(node);
  }
}
