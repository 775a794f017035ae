// Begins.

document.body.append(voice);

// A link may lead to what is folded, filtered out, or in the picture of the stages.
function follow() {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { /* A stray % is taken as it stands. */ }
  if (!id) return;
  if (id.startsWith('stage:')) { showStage(id.slice('stage:'.length), true); return; }
  const target = document.getElementById(id);
  if (!target) return;
  if (target.matches('table.claims tr')) showClaim(target);
  for (let around = target; around; around = around.parentElement) if (around.tagName === 'DETAILS') around.open = true;
  target.scrollIntoView({ block: target.matches('tr, figure, details') ? 'center' : 'start' });
  // A whole part of the page is marked by its heading.
  if (target.tagName === 'SECTION') return;
  target.classList.add('reached');
  setTimeout(function () { target.classList.remove('reached'); }, 2500);
}

startTheme();
startClaims();
startFigures();
startTables();
startStages();
addEventListener('hashchange', follow);
follow();
document.documentElement.dataset.ready = String(Math.round(performance.now()));
