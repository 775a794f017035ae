// The claims: filters, sorting, and the compared values below a row.

const MEASURES = ['of the value', 'absolute', 'of the axis', ''];
const VERDICTS = ['match', 'match (bootstrap)', 'differs', 'not recomputable'];
const OWN_VERDICTS = ['as expected', 'as expected', 'not as expected', 'not recomputable'];
// The order in which verdicts are sorted: what asks for attention first.
const ORDER = ['differs', 'not as expected', 'simulated', 'not recomputable', 'no values on file', 'nothing to compare', 'match', 'as expected'];
// By what rows are filtered.
const FILTERS = ['study', 'verdict', 'of', 'kind', 'data'];
// Values below a row at first; more on demand.
const AT_FIRST = 150;

// Rows at first where each is a card of its own, on a narrow window.
const CARDS = 50;
const narrow = matchMedia('(max-width: 52rem)');

// All rows, in the order of the page, and as they are sorted.
let rows = [], sorted = [];
let unfoldedCards = false;

function startClaims() {
  const form = find('#claims .filters');
  rows = all('table.claims tr[data-verdict]').map(function (row, place) {
    const cells = row.cells;
    row.dataset.study = row.parentElement.dataset.study;
    return {
      row: row, place: place, text: row.textContent.toLowerCase(),
      keys: {
        study: row.dataset.study, artifact: find('b', cells[1]).textContent,
        published: number(cells[2].firstChild.textContent), ours: number(cells[3].title || cells[3].textContent),
        error: number(row.dataset.error), tolerance: number(row.dataset.tolerance),
        verdict: ORDER.indexOf(row.dataset.verdict)
      }
    };
  });
  sorted = rows;
  for (const name of FILTERS) offer(form.elements[name], name);
  form.hidden = false;
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  form.addEventListener('input', filter);
  form.addEventListener('reset', function () {
    all('table.claims th[aria-sort]').forEach(function (heading) { heading.removeAttribute('aria-sort'); });
    if (sorted !== rows) arrange(rows);
    setTimeout(filter);
  });
  const more = make('button', { type: 'button', class: 'more', hidden: true });
  more.addEventListener('click', function () { unfoldedCards = true; filter(); });
  find('#claims .nothing').before(more);
  narrow.addEventListener('change', filter);
  all('table.claims th[data-sort]').forEach(sortable);
  all('table.claims td.artifact').forEach(openable);
  all('table.claims td.rerun code').forEach(function (code) {
    code.replaceWith(make('span', { class: 'typed' }, [code.cloneNode(true), copier('cargo xtask build-paper ' + code.textContent)]));
  });
  filter();
}

// A number for sorting; texts and missing ones come last.
function number(text) {
  const value = text === undefined || text === '' ? NaN : Number(text);
  return Number.isNaN(value) ? null : value;
}

// The values of a filter, with their counts.
function offer(select, name) {
  const counts = new Map();
  for (const entry of rows) {
    const value = entry.row.dataset[name] || 'none';
    entry.row.dataset[name] = value;
    counts.set(value, (counts.get(value) || 0) + 1);
  }
  for (const [value, count] of counts) select.append(make('option', { value: value }, value + ' (' + count + ')'));
}

function filter() {
  const form = find('#claims .filters');
  const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = FILTERS.map(function (name) { return [name, form.elements[name].value]; })
    .filter(function (pair) { return pair[1]; });
  const most = narrow.matches && !unfoldedCards && !words.length && !wanted.length ? CARDS : Infinity;
  const shown = { published: 0, ours: 0 };
  const known = { published: 0, ours: 0 };
  let passed = 0, besidesSeen = false;
  for (const entry of sorted) {
    const row = entry.row;
    const passes = words.every(function (word) { return entry.text.includes(word); }) &&
      wanted.every(function (pair) { return row.dataset[pair[0]] === pair[1]; });
    const seen = passes && passed < most;
    if (row.hidden === seen) row.hidden = !seen;
    const below = row.nextElementSibling;
    if (below && below.classList.contains('values')) below.hidden = !seen || find('button.open', row).getAttribute('aria-expanded') !== 'true';
    known[row.dataset.of] += 1;
    if (passes) { passed += 1; shown[row.dataset.of] += 1; }
    if (seen && row.dataset.of === 'ours') besidesSeen = true;
  }
  const besides = find('table.claims tbody.besides > tr');
  if (besides) besides.hidden = !besidesSeen;
  find('#claims .count').textContent = shown.published + ' of ' + known.published + ' artifacts, ' +
    shown.ours + ' of ' + known.ours + ' checks besides';
  find('#claims .nothing').hidden = passed > 0;
  const more = find('#claims .more');
  more.hidden = passed <= most;
  more.textContent = 'Show all ' + passed + ' claims';
}

function sortable(heading) {
  const button = make('button', { type: 'button', class: 'sort' }, heading.textContent);
  heading.replaceChildren(button);
  button.addEventListener('click', function () {
    const descending = heading.getAttribute('aria-sort') === 'ascending';
    all('table.claims th[aria-sort]').forEach(function (other) { other.removeAttribute('aria-sort'); });
    heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    sort(heading.dataset.sort, descending ? -1 : 1);
    filter();
    say('Sorted by ' + button.textContent + (descending ? ', descending' : ', ascending'));
  });
}

function sort(key, direction) {
  arrange(rows.slice().sort(function (a, b) {
    const x = a.keys[key], y = b.keys[key];
    if (x === y) return a.place - b.place;
    if (x === null || y === null) return x === null ? 1 : -1;
    return (x < y ? -1 : 1) * direction;
  }));
}

// Puts all rows in an order: what was published, the heading of what was not, and that.
function arrange(order) {
  sorted = order;
  const heading = find('table.claims > tbody.besides');
  const bodies = { published: make('tbody', { role: 'rowgroup' }), ours: make('tbody', { role: 'rowgroup' }) };
  for (const entry of sorted) {
    const below = entry.row.nextElementSibling;
    const body = bodies[entry.row.dataset.of];
    body.append(entry.row);
    if (below && below.classList.contains('values')) body.append(below);
  }
  all('table.claims > tbody').forEach(function (old) { old.remove(); });
  find('table.claims').append(bodies.published, ...(heading ? [heading, bodies.ours] : []));
}

// The name of an artifact opens its values.
function openable(cell) {
  const name = find('b', cell);
  // Long names break after a point rather than anywhere.
  const pieces = name.textContent.split('.').flatMap(function (piece, at) { return at ? ['.', make('wbr'), piece] : [piece]; });
  const button = make('button', { type: 'button', class: 'open', 'aria-expanded': 'false' }, pieces);
  name.replaceChildren(button);
  button.addEventListener('click', function () { toggle(cell.parentElement, button); });
}

async function toggle(row, button) {
  const open = button.getAttribute('aria-expanded') !== 'true';
  button.setAttribute('aria-expanded', String(open));
  let below = row.nextElementSibling;
  if (!below || !below.classList.contains('values')) {
    const cell = make('td', { role: 'cell', colspan: row.cells.length });
    below = make('tr', { class: 'values', role: 'row', id: row.id + ':values' }, cell);
    button.setAttribute('aria-controls', below.id);
    row.after(below);
    try { cell.append(...await details(row)); } catch (error) { cell.append(failure(error)); }
  }
  below.hidden = !open;
}

async function details(row) {
  const [section, study, id] = split(row.id);
  const claim = (await unpackJson(study + ':claims'))[section + ':' + id];
  const parts = [];
  if (claim.title) parts.push(make('p', {}, make('b', {}, claim.title)));
  for (const problem of claim.problems || []) parts.push(make('p', { class: 'note bad' }, problem));
  for (const text of [claim.why, claim.note]) if (text) parts.push(make('p', { class: 'remark' }, text));
  if (claim.checks.length) parts.push(checks(claim.checks, id, row.dataset.of === 'ours'));
  else parts.push(make('p', { class: 'remark' }, 'No value was compared.'));
  const links = [];
  for (const [kind, words] of [['figure', 'the figure'], ['table', 'the table']]) {
    const target = kind === 'table' ? document.getElementById('table:' + study + ':' + id) : figureOf(study, id);
    if (target) links.push(make('a', { href: '#' + target.id }, 'See ' + words), ' ');
  }
  if (links.length) parts.push(make('p', {}, links));
  const stage = find('td.rerun code', row);
  if (stage) parts.push(command('cargo xtask build-paper ' + stage.textContent + ' ' + study + '/typeset/verification && cargo xtask verify ' + study));
  return parts;
}

// The parts of an id: kind, study, and the name, which may have colons of its own.
function split(id) {
  const [kind, study, ...name] = id.split(':');
  return [kind, study, name.join(':')];
}

// The compared values of an artifact; `besides` says that they are of a check against what was not published.
function checks(values, id, besides) {
  const body = make('tbody');
  const table = make('table', { class: 'checks' }, [
    make('caption', {}, values.length + (values.length === 1 ? ' compared value of ' : ' compared values of ') + id),
    make('thead', {}, make('tr', {}, ['Value', besides ? 'Expected' : 'Published', 'Made here', 'Error', 'Tolerance', 'Verdict'].map(function (title, place) {
      return make('th', { scope: 'col', class: place > 0 && place < 5 ? 'number' : null }, title);
    }))),
    body
  ]);
  // What differs comes first; otherwise in the order of the original.
  const sorted = values.slice().sort(function (a, b) { return (b[6] === 2) - (a[6] === 2); });
  function add(some) {
    body.append(...some.map(function (value) {
      const [path, published, ours, error, tolerance, measure, verdict] = value;
      const unit = error === null ? '' : ' ' + MEASURES[measure];
      return make('tr', { class: verdict === 2 ? 'differs' : null }, [
        make('th', { scope: 'row' }, path), make('td', { class: 'number' }, published), make('td', { class: 'number' }, ours),
        make('td', { class: 'number' }, error === null ? '–' : [brief(error), make('small', {}, unit)]),
        make('td', { class: 'number' }, tolerance === null ? 'equal' : brief(tolerance)), make('td', {}, (besides ? OWN_VERDICTS : VERDICTS)[verdict])
      ]);
    }));
  }
  add(sorted.slice(0, AT_FIRST));
  const frame = make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Compared values of ' + id }, table);
  if (sorted.length <= AT_FIRST) return frame;
  const more = make('button', { type: 'button' }, 'Show all ' + sorted.length + ' values');
  more.addEventListener('click', function () { add(sorted.slice(AT_FIRST)); more.remove(); });
  return make('div', {}, [frame, more]);
}

function brief(value) { return value === 0 ? '0' : value.toExponential(1); }

// A link to a claim shows it whatever the filters are.
function showClaim(row) {
  if (row.hidden) { unfoldedCards = true; find('#claims .filters').reset(); filter(); }
  const button = find('button.open', row);
  if (button.getAttribute('aria-expanded') !== 'true') toggle(row, button);
}
