// The figures: the committed drawing first, then an interactive chart of the same specification.

// How long a figure has to stay in view before it comes alive by itself.
const STAYS = 600;

let library = null;
function charts() {
  if (!library) library = unpack('echarts').then(run);
  return library;
}

function figureOf(study, record) {
  const link = find('#figures a[href="' + CSS.escape('#claim:' + study + ':' + record) + '"]') ||
    all('#figures .origin a').find(function (a) { return a.getAttribute('href') === '#claim:' + study + ':' + record; });
  return link ? link.closest('figure') : null;
}

function startFigures() {
  const figures = all('#figures figure');
  figures.forEach(function (figure) {
    const [live, data] = [find('button.live', figure), find('button.data', figure)];
    live.hidden = data.hidden = false;
    live.setAttribute('aria-pressed', 'false');
    live.addEventListener('click', function () { figure.dataset.asked = 'yes'; figure.chart ? picture(figure) : enliven(figure); });
    find('.drawing', figure).addEventListener('click', function () { if (!figure.chart) enliven(figure); });
    data.addEventListener('click', async function () {
      save(data.dataset.file, 'text/csv', (await unpackJson(figure.id)).csv);
    });
    find('figcaption', figure).append(tabulated(figure));
    find('details', figure).addEventListener('toggle', function () { tellOrigin(find('.origin', figure)); });
    const claim = find('.origin a[href^="#claim:"]', figure);
    if (claim && !document.getElementById(claim.getAttribute('href').slice(1))) claim.parentElement.textContent = 'none: no values of it are on file';
  });
  nearView(figures, draw, function (figure) { if (figure.chart) picture(figure); });
  comeAlive(figures);
  addEventListener('beforeprint', function () { figures.forEach(draw); });
}

function titleOf(figure) { return find('figcaption b', figure).textContent; }

// The data behind a figure as a table, for who does not see it or does not use a mouse.
function tabulated(figure) {
  const folded = make('details', { class: 'data-table' }, make('summary', {}, 'Data as a table'));
  folded.addEventListener('toggle', async function () {
    if (!folded.open || folded.childElementCount > 1) return;
    try {
      const [columns, ...rows] = separated((await unpackJson(figure.id)).csv);
      const table = grid({ id: 'Data of ' + titleOf(figure), columns: columns, rows: rows, units: {} }, new Map());
      find('caption', table).textContent = rows.length + ' rows, as in the file';
      folded.append(table);
    } catch (error) { folded.append(failure(error)); }
  });
  return folded;
}

// The rows of a CSV (RFC 4180): numbers where a field is one, null where it is empty.
function separated(csv) {
  const rows = [[]];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    const text = quoted === undefined ? plain : quoted.replaceAll('""', '"');
    const isNumber = quoted === undefined && text !== '' && Number.isFinite(Number(text));
    rows[rows.length - 1].push(isNumber ? Number(text) : text);
    if (end === '\n') rows.push([]);
    if (end === '') break;
  }
  return rows.filter(function (row) { return row.length > 1 || row[0] !== ''; });
}

// Shows the drawing: the one that stands in the page for readers without JavaScript, or a packed one.
async function draw(figure) {
  const place = find('.drawing', figure);
  const still = find('noscript', place);
  if (!still) return;
  let svg = still.textContent;
  still.remove();
  place.style.aspectRatio = figure.dataset.width + ' / ' + figure.dataset.height;
  try {
    if (!svg.trimStart().startsWith('<svg')) svg = (await unpackJson(figure.id)).svg;
    const frame = make('div', { class: 'picture' });
    frame.innerHTML = svg;
    const drawing = find('svg', frame);
    // Ids are unique in a study, and two studies may have a figure of the same name.
    for (const element of all('[id]', drawing)) element.id = figure.id + '/' + element.id;
    for (const element of all('*', drawing)) {
      for (const attribute of element.attributes) {
        if (attribute.value.startsWith('url(#')) attribute.value = attribute.value.replace('url(#', 'url(#' + figure.id + '/');
      }
    }
    drawing.removeAttribute('width');
    drawing.removeAttribute('height');
    figure.alt = (find('desc', drawing) || drawing).textContent;
    place.append(frame);
    place.style.aspectRatio = '';
    // Shown beside wide drawings; to a screen reader the drawing says it itself.
    find('figcaption', figure).append(make('p', { class: 'shows', 'aria-hidden': 'true' }, figure.alt));
    // Where it is wider than its card, it can be scrolled by keyboard, too.
    if (place.scrollWidth > place.clientWidth) {
      place.tabIndex = 0;
      place.setAttribute('role', 'region');
      place.setAttribute('aria-label', 'Drawing: ' + titleOf(figure));
    }
  } catch (error) { place.append(failure(error)); }
}

// Puts the interactive chart over the drawing.
async function enliven(figure) {
  if (figure.busy || figure.chart) return;
  figure.busy = true;
  const place = find('.drawing', figure);
  try {
    await draw(figure);
    const [content] = await Promise.all([unpackJson(figure.id), charts()]);
    const option = specification(content.option);
    const [width, height] = [Number(figure.dataset.width), Number(figure.dataset.height) - strip(figure)];
    const live = make('div', { class: 'live', role: 'img', 'aria-label': figure.alt });
    const stage = make('div', { style: 'width:' + width + 'px;height:' + height + 'px;transform-origin:0 0' });
    live.append(stage);
    place.append(live);
    const chart = window.echarts.init(stage, null, { renderer: 'svg', width: width, height: height });
    chart.setOption({ animation: false, progressive: 0 });
    chart.setOption(interactive(option, chart));
    figure.chart = { chart: chart, live: live, stage: stage, width: width };
    fit(figure);
    find('.picture', place).hidden = true;
    const button = find('button.live', figure);
    button.textContent = 'As printed';
    button.setAttribute('aria-pressed', 'true');
  } catch (error) { place.append(failure(error)); }
  figure.busy = false;
}

// Back to the drawing.
function picture(figure) {
  figure.chart.chart.dispose();
  figure.chart.live.remove();
  figure.chart = null;
  find('.picture', figure).hidden = false;
  const button = find('button.live', figure);
  button.textContent = 'Interactive';
  button.setAttribute('aria-pressed', 'false');
}

// The height of the status strip that is part of the drawing; the chart has the card's own instead.
function strip(figure) {
  const lower = find('.picture svg > g[transform^="translate(0 "]', figure);
  const first = find('.picture svg > rect', figure);
  return lower && first && first.getAttribute('fill') === '#b3261e' ? Number(first.getAttribute('height')) : 0;
}

// Charts are laid out in points of paper: they grow and shrink with the card as the drawing does.
function fit(figure) {
  const { live, stage, width } = figure.chart;
  const scale = live.clientWidth / width;
  stage.style.transform = 'scale(' + scale + ')';
  live.style.height = stage.offsetHeight * scale + 'px';
}

// The option is a JavaScript expression, since it holds functions.
function specification(source) {
  run('window.joulebookOption = (' + source + ');');
  const option = window.joulebookOption;
  delete window.joulebookOption;
  return option;
}

// What a screen has and paper has not.
function interactive(option, chart) {
  option.tooltip = {
    trigger: 'item', confine: true, transitionDuration: 0, borderColor: '#6b6b6b', borderWidth: 0.5, padding: [3, 5],
    backgroundColor: '#ffffff', textStyle: { fontSize: 7.5, color: '#262626', fontFamily: 'Noto Sans, sans-serif' },
    formatter: function (point) { return describe(option, point); },
    position: function (at, points, element, mark, size) { return beside(at, size, legendsOf(chart)); }
  };
  return option;
}

// The boxes of the legends: left, top, right, bottom.
function legendsOf(chart) {
  return chart.getModel().queryComponents({ mainType: 'legend' }).map(function (legend) {
    const { group } = chart.getViewOfComponentModel(legend), box = group.getBoundingRect();
    return [group.x + box.x, group.y + box.y, group.x + box.x + box.width, group.y + box.y + box.height];
  });
}

// Where a box of words stands beside a point: within the chart, and over no legend if there is room elsewhere.
function beside([x, y], { contentSize: [width, height], viewSize }, legends) {
  const gap = 6;
  const places = [y + gap, y - gap - height].flatMap(function (top) { return [[x + gap, top], [x - gap - width, top]]; })
    .map(function (place) {
      return place.map(function (start, along) { return Math.max(0, Math.min(start, viewSize[along] - [width, height][along])); });
    });
  function covers([left, top]) {
    const onPoint = left < x && x < left + width && top < y && y < top + height;
    return onPoint || legends.some(function ([l, t, r, b]) { return left < r && l < left + width && top < b && t < top + height; });
  }
  return places.find(function (place) { return !covers(place); }) || places[0];
}

function list(value) { return value === undefined ? [] : [value].flat(); }

// A point in words: its series, and its values with the titles of their axes.
function describe(option, point) {
  const series = list(option.series)[point.seriesIndex] || {};
  const axes = [list(option.xAxis)[series.xAxisIndex || 0], list(option.yAxis)[series.yAxisIndex || 0]];
  const lines = point.seriesName && !point.seriesName.startsWith('series\0') ? ['<b>' + escape(point.seriesName) + '</b>'] : [];
  const isCategory = function (axis) { return axis && axis.type === 'category'; };
  if (point.name && axes.some(isCategory)) lines.push(escape(point.name));
  // A bar has one value, along the axis that shows no categories.
  const values = Array.isArray(point.value) ? point.value.map(function (value, place) { return [value, axes[place]]; })
    : [[point.value, axes.find(function (axis) { return !isCategory(axis); })]];
  const quartiles = ['least', 'lower quartile', 'median', 'upper quartile', 'greatest'];
  values.forEach(function ([value, axis], place) {
    if (value === null || value === undefined || (typeof value === 'number' && !Number.isFinite(value)) || isCategory(axis)) return;
    const name = point.seriesType === 'boxplot' ? quartiles[place - 1] || '' : title(axis);
    lines.push((name ? escape(name) + ': ' : '') + escape(typeof value === 'number' ? readable(value) : String(value)));
  });
  return lines.join('<br>');
}

// A number for reading: seven digits, and thousands in groups.
function readable(value) {
  const [whole, fraction] = (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)))).split('.');
  const grouped = /^-?\d{5,}$/.test(whole) ? whole.replace(/\B(?=(\d{3})+$)/g, '\u2009') : whole;
  return fraction === undefined ? grouped : grouped + '.' + fraction;
}

function title(axis) { return axis && axis.name ? String(axis.name) : ''; }
function escape(text) {
  return text.replace(/[&<>"]/g, function (letter) { return '&#' + letter.charCodeAt(0) + ';'; });
}

// A figure that stays in view comes alive, unless its reader chose the drawing.
function comeAlive(figures) {
  if (typeof IntersectionObserver === 'undefined') return;
  const waiting = new Map();
  const watcher = new IntersectionObserver(function (entries) {
    for (const entry of entries) {
      const figure = entry.target.closest('figure');
      clearTimeout(waiting.get(figure));
      // Most of it, or as much as there is room for.
      const stays = entry.intersectionRatio >= 0.6 || entry.intersectionRect.height >= innerHeight / 2;
      // Asked when the time is over: its reader may choose the drawing meanwhile.
      if (stays) waiting.set(figure, setTimeout(function () { if (!figure.dataset.asked) enliven(figure); }, STAYS));
    }
  }, { threshold: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1] });
  figures.forEach(function (figure) { watcher.observe(find('.drawing', figure)); });
  new ResizeObserver(function () {
    figures.forEach(function (figure) { if (figure.chart) fit(figure); });
  }).observe(find('#figures'));
}
