// The links at the top: a link whose section is hidden, or not on this page, is hidden too.

function showContents() {
  for (const link of document.querySelectorAll("#contents a")) {
    link.parentElement.hidden = document.querySelector(link.hash)?.hidden ?? true;
  }
}
