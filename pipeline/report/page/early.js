// The choice of light or dark, before anything is drawn.
try {
  var chosen = localStorage.getItem('joulebook-theme');
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch (blocked) { /* A page of a file may have no storage: it follows the system then. */ }
