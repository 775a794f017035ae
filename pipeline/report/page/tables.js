// Tables, regressions and numbers: unfolded from their records when a reader opens them.

// Rows at first; more on demand.
const ROWS = 60;

function startTables() {
  for (const line of all('#tables details.record')) {
    line.addEventListener('toggle', function () { if (line.open) { unfold(line); tellOrigin(find('.origin', line)); } });
    const claim = find('a.claim', line);
    const row = document.getElementById(claim.getAttribute('href').slice(1)) ||
      document.getElementById('further:' + line.dataset.study + ':' + line.dataset.record);
    if (row) {
      claim.href = '#' + row.id;
      line.dataset.of = row.dataset.of;
      find('summary', line).append(' ', find('.verdict', row).cloneNode(true));
    } else claim.closest('div').remove();
  }
}

async function unfold(line) {
  const place = find('.unfolded', line);
  if (place.dataset.done) return;
  place.dataset.done = 'yes';
  const { study, record: id } = line.dataset;
  try {
    const record = (await unpackJson(study + ':records'))[id];
    const claims = document.getElementById('pack:' + study + ':claims') ? await unpackJson(study + ':claims') : {};
    const claim = claims['claim:' + id] || claims['further:' + id] || { checks: [] };
    const printed = new Map(claim.checks.map(function (check) { return [check[0], check]; }));
    const known = line.dataset.of === 'ours' ? 'expected' : 'published';
    if (record.kind === 'table') place.append(grid(record, printed, known));
    else if (record.kind === 'figure') record.series.forEach(function (series) { place.append(points(record, series, known)); });
    else place.append(values(record, printed, known));
  } catch (error) { place.append(failure(error)); }
}

function unit(record, name) { return record.units && record.units[name] ? ' [' + record.units[name] + ']' : ''; }

// A cell: as the original prints it, and in full below. What it was compared with, `known` to be published or
// expected, stands beside it if it differs.
function cell(value, check, known) {
  if (value === null) return make('td', { class: 'number' }, 'NaN');
  if (typeof value === 'string') return make('td', { class: check && check[6] === 2 ? 'differs' : null }, value);
  const full = String(value);
  const rounded = check ? asPrinted(value, check[1]) : null;
  const content = rounded === null || rounded === full ? [full] : [rounded, make('small', {}, full)];
  if (check && check[6] === 2) content.push(make('small', { class: 'published' }, known + ' ' + check[1]));
  return make('td', { class: 'number' + (check && check[6] === 2 ? ' differs' : ''), title: check ? known + ': ' + check[1] : null }, content);
}

// A number with as many decimals as a printed one has; null where that is no decimal number.
function asPrinted(value, printed) {
  const found = /^[-+]?\d+(?:\.(\d+))?(?:([eE])([-+]?)(\d+))?$/.exec(printed);
  if (!found) return null;
  const decimals = Math.min((found[1] || '').length, 100);
  if (!found[2]) return Math.abs(value) < 1e21 ? value.toFixed(decimals) : String(value);
  // As Python prints it: two digits of the exponent at least.
  return value.toExponential(decimals).replace(/e([-+])(\d)$/, 'e$10$2');
}

function frame(table, name) {
  return make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': name }, table);
}

function grid(record, printed, known) {
  const labelled = record.rows && record.rows.length && record.rows[0].length === record.columns.length + 1;
  const rows = record.rows || [];
  const heads = (labelled ? [''] : []).concat(record.columns);
  const body = make('tbody');
  function add(from, to) {
    rows.slice(from, to).forEach(function (row, place) {
      body.append(make('tr', {}, row.map(function (value, column) {
        if (labelled && column === 0) return make('th', { scope: 'row' }, String(value));
        return cell(value, printed.get('rows[' + (from + place) + '].' + heads[column]), known);
      })));
    });
  }
  const size = record.shape ? record.shape : [rows.length, record.columns.length];
  const compared = printed.size ? 'rounded as ' + known + ', in full below' : 'nothing ' + known + ' to compare with';
  const table = make('table', { class: 'made' }, [
    make('caption', {}, size[0] + ' rows, ' + size[1] + ' columns; ' + compared + '.'),
    make('thead', {}, make('tr', {}, heads.map(function (name) {
      return name === '' ? make('td') : make('th', { scope: 'col' }, name + unit(record, name));
    }))),
    body
  ]);
  add(0, ROWS);
  if (rows.length <= ROWS) return frame(table, record.id);
  const more = make('button', { type: 'button' }, 'Show all ' + rows.length + ' rows');
  more.addEventListener('click', function () { add(ROWS, rows.length); more.remove(); });
  return make('div', {}, [frame(table, record.id), more]);
}

// Values by name, with what was published or expected of each.
function values(record, printed, known) {
  const aliases = { rvalue: 'r_value', pvalue: 'p_value', stderr: 'std_err' };
  const body = make('tbody', {}, Object.entries(record.values || {}).map(function ([name, value]) {
    const check = printed.get(name) || printed.get(aliases[name]);
    return make('tr', {}, [
      make('th', { scope: 'row' }, name + unit(record, name)), cell(value, check, known),
      make('td', { class: 'number' }, check ? check[1] : '–')
    ]);
  }));
  return frame(make('table', { class: 'made' }, [
    make('thead', {}, make('tr', {}, [
      make('th', { scope: 'col' }, 'Value'), make('th', { scope: 'col', class: 'number' }, 'Made here'),
      make('th', { scope: 'col', class: 'number' }, known === 'published' ? 'Published' : 'Expected')
    ])),
    body
  ]), record.id);
}

// The points of a series that no drawing of its own shows.
function points(record, series, known) {
  const columns = ['category', 'x', 'y', 'lower', 'upper', 'value'].filter(function (name) { return list(series[name]).length; });
  const length = Math.max(0, ...columns.map(function (name) { return series[name].length; }));
  const rows = Array.from({ length: length }, function (_, place) {
    return columns.map(function (name) { const value = series[name][place]; return value === undefined ? null : value; });
  });
  return grid({ id: series.name || record.id, columns: columns, rows: rows, units: record.units }, new Map(), known);
}
