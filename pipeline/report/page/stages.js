// The graph of stages: a picture for each study, in layers from left to right, and a panel on one stage.

const LAYERS = ['simulate', 'reconstruct', 'ingest', 'clean', 'aggregate', 'stats', 'figures', 'typeset'];
// How often the order of a layer is brought nearer to that of its neighbours.
const SWEEPS = 6;
// Names of stages are read down to this scale; pictures in narrower frames, in px, are not scaled.
const LEAST_ZOOM = 0.7;
const LEAST_WIDTH = 640;
const SVG = 'http://www.w3.org/2000/svg';

let graph = null;

function readGraph() {
  if (!graph) graph = unpackJson('run').then(prepare);
  return graph;
}

// Who makes and who reads what, by the numbers of stages.
function prepare(told) {
  const maker = new Map();
  told.stages.forEach(function (stage, number) {
    const [study, layer, ...name] = stage.id.split('/');
    Object.assign(stage, { number: number, study: study, layer: layer, name: name.join('/'), readers: [] });
    stage.outputs.forEach(function (file) { maker.set(file, number); });
  });
  told.stages.forEach(function (stage) {
    stage.origins = [...new Set(stage.inputs.map(function (file) { return maker.get(file); }))].filter(function (origin) { return origin !== undefined; });
    stage.origins.forEach(function (origin) { told.stages[origin].readers.push(stage.number); });
  });
  told.byId = new Map(told.stages.map(function (stage) { return [stage.id, stage]; }));
  told.maker = maker;
  return told;
}

async function startStages() {
  const place = find('#stages .graphs');
  let told;
  try { told = await readGraph(); } catch (error) { place.append(failure(error)); return; }
  place.append(finder(told));
  for (const study of new Set(told.stages.map(function (stage) { return stage.study; }))) {
    const stages = told.stages.filter(function (stage) { return stage.study === study; });
    const folded = make('details', { class: 'graph', 'data-study': study },
      make('summary', {}, [make('b', {}, study), ' ', make('small', {}, stages.length + (stages.length === 1 ? ' stage' : ' stages'))]));
    folded.addEventListener('toggle', function () { if (folded.open) unfoldGraph(folded, stages, told); });
    place.append(folded);
  }
}

// A field that finds a stage by its name.
function finder(told) {
  const field = make('input', { type: 'search', list: 'all-stages', placeholder: 'tinyml-mcu/figures/fig5', autocomplete: 'off' });
  const options = make('datalist', { id: 'all-stages' }, told.stages.map(function (stage) { return make('option', { value: stage.id }); }));
  field.addEventListener('change', function () { if (told.byId.has(field.value)) location.hash = '#stage:' + field.value; });
  return make('p', { class: 'finder' }, [make('label', {}, ['Find a stage ', field]), options]);
}

// What made a figure or a table, added to what is told of where it comes from.
async function tellOrigin(origins) {
  if (origins.dataset.told) return;
  origins.dataset.told = 'yes';
  const told = await readGraph();
  const stage = told.byId.get(find('a.stage', origins).textContent);
  if (!stage) return;
  const inputs = stage.inputs.map(function (number) {
    const file = told.files[number];
    return make('li', {}, [make('code', {}, file.path), ' ', digest(file.sha256)]);
  });
  origins.append(
    make('div', {}, [make('dt', {}, 'Made from'), make('dd', {}, make('ul', {}, inputs))]),
    make('div', {}, [make('dt', {}, 'By code'), make('dd', {}, [digest(stage.code), ' ' + stage.code_parts + ' files and libraries'])])
  );
}

function layersOf(stages) {
  const names = LAYERS.concat([...new Set(stages.map(function (stage) { return stage.layer; }))].filter(function (layer) { return !LAYERS.includes(layer); }));
  const layers = names.map(function (name) { return { name: name, stages: stages.filter(function (stage) { return stage.layer === name; }) }; })
    .filter(function (layer) { return layer.stages.length; });
  // Stages stand at the mean of the places of their neighbours, so that few edges cross.
  const at = new Map();
  function place(layer) { layer.stages.forEach(function (stage, row) { at.set(stage.number, (row + 0.5) / layer.stages.length); }); }
  layers.forEach(place);
  function mean(numbers, otherwise) {
    const known = numbers.filter(function (number) { return at.has(number); });
    return known.length ? known.reduce(function (sum, number) { return sum + at.get(number); }, 0) / known.length : otherwise;
  }
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const layer of sweep % 2 ? layers.slice().reverse() : layers) {
      const wish = new Map(layer.stages.map(function (stage) {
        return [stage, mean(sweep % 2 ? stage.readers : stage.origins, at.get(stage.number))];
      }));
      layer.stages.sort(function (a, b) { return wish.get(a) - wish.get(b); });
      place(layer);
    }
  }
  return layers;
}

function unfoldGraph(folded, stages, told) {
  if (find('.canvas', folded)) return;
  const layers = layersOf(stages);
  const canvas = make('div', { class: 'canvas' });
  const hint = 'hint:' + folded.dataset.study;
  canvas.append(...layers.map(function (layer) {
    return make('div', { class: 'layer', role: 'group', 'aria-label': layer.name }, [make('p', { class: 'name' }, layer.name)].concat(layer.stages.map(node)));
  }));
  const view = make('div', { class: 'view', role: 'group', 'aria-label': 'Stages of ' + folded.dataset.study, 'aria-describedby': hint }, canvas);
  const panel = make('div', { class: 'panel', 'aria-live': 'polite' });
  folded.append(
    make('p', { class: 'hint' }, [
      make('span', { id: hint }, 'Arrow keys go from stage to stage, Enter chooses.'), zooms(canvas, view), alone(folded)
    ]),
    make('div', { class: 'graph-body' }, [view, panel])
  );
  canvas.addEventListener('click', function (event) {
    const button = event.target.closest('button.node');
    if (button) history.replaceState(null, '', '#stage:' + button.dataset.stage);
    if (button) showStage(button.dataset.stage, false);
  });
  canvas.addEventListener('keydown', function (event) { walk(event, canvas); });
  const first = find('button.node', canvas);
  if (first) first.tabIndex = 0;
  edges(canvas, stages, told);
  canvas.fit();
}

function node(stage) {
  const took = stage.took_ms === undefined || stage.took_ms === null ? '' : duration(stage.took_ms);
  const bad = !['fresh', 'restored', 'ran'].includes(stage.outcome);
  return make('button', {
    type: 'button', class: 'node ' + (bad ? 'bad ' : '') + stage.layer, tabindex: '-1', 'data-stage': stage.id, 'aria-pressed': 'false',
    title: stage.id
  }, [make('span', {}, stage.name), ' ', make('small', {}, bad ? stage.outcome : took)]);
}

// Buttons for the scale. Until they are used all layers are in view, if their names can still be read so.
function zooms(canvas, view) {
  let zoom = 1, chosen = false;
  function set(scale) { zoom = scale; canvas.style.zoom = scale; }
  function whole() {
    set(1);
    // One that is folded, or hardly as wide as a layer, has nothing to be fitted to.
    if (view.clientWidth > LEAST_WIDTH) set(Math.min(1, Math.max(LEAST_ZOOM, view.clientWidth / canvas.scrollWidth)));
  }
  canvas.fit = function () { if (!chosen) whole(); };
  function button(sign, words, act) {
    const one = make('button', { type: 'button', 'aria-label': words, title: words }, sign);
    one.addEventListener('click', function () {
      chosen = true;
      act();
      say('Zoom ' + Math.round(zoom * 100) + ' %');
    });
    return one;
  }
  function by(factor) { return function () { set(Math.min(2, Math.max(0.3, zoom * factor))); }; }
  return make('span', { class: 'zooms' }, [button('−', 'Smaller', by(0.8)), button('+', 'Larger', by(1.25)), button('↔', 'Fit to the width', whole)]);
}

// A switch that leaves of the picture what the chosen stage rests on.
function alone(folded) {
  const button = make('button', { type: 'button', class: 'alone', 'aria-pressed': 'false' }, 'Only what it rests on');
  button.disabled = true;
  button.addEventListener('click', function () {
    const on = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(on));
    find('.graph-body', folded).classList.toggle('alone', on);
    find('.canvas', folded).fit();
    find('.canvas', folded).lay();
    const chosen = find('button.node[aria-pressed="true"]', folded);
    if (chosen) chosen.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
  return button;
}

// Lines between stages of one study. Those into the last layer, which reads everything, are drawn on demand.
function edges(canvas, stages, told) {
  const drawing = document.createElementNS(SVG, 'svg');
  drawing.setAttribute('class', 'edges');
  drawing.setAttribute('aria-hidden', 'true');
  const nodes = new Map(all('button.node', canvas).map(function (button) { return [told.byId.get(button.dataset.stage).number, button]; }));
  const lines = [];
  for (const stage of stages) {
    for (const origin of stage.origins.filter(function (number) { return nodes.has(number); })) {
      const path = document.createElementNS(SVG, 'path');
      path.dataset.from = origin;
      path.dataset.to = stage.number;
      if (stage.layer === 'typeset') path.setAttribute('class', 'quiet');
      drawing.append(path);
      lines.push([path, nodes.get(origin), nodes.get(stage.number)]);
    }
  }
  canvas.prepend(drawing);
  // The layers move when the window or the panel beside them does, and when some of them are hidden.
  canvas.lay = function () { lines.forEach(lay); };
  new ResizeObserver(canvas.lay).observe(canvas);
}

// Lays a line from the right of one box to the left of another, or around the right if they stand in one layer.
function lay([path, from, to]) {
  if (!from.offsetParent || !to.offsetParent) { path.setAttribute('d', ''); return; }
  const [x1, y1] = [from.offsetLeft + from.offsetWidth, from.offsetTop + from.offsetHeight / 2];
  const same = from.offsetLeft === to.offsetLeft;
  const [x2, y2] = [same ? x1 : to.offsetLeft, to.offsetTop + to.offsetHeight / 2];
  const bend = same ? 26 : Math.max(20, (x2 - x1) / 2);
  path.setAttribute('d', 'M' + x1 + ' ' + y1 + 'C' + (x1 + bend) + ' ' + y1 + ' ' + (same ? x2 + bend : x2 - bend) + ' ' + y2 + ' ' + x2 + ' ' + y2);
}

// Arrow keys: up and down in a layer, left and right to the nearest stage of the next one.
function walk(event, canvas) {
  const here = event.target.closest('button.node');
  const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  if (!here || !step) return;
  event.preventDefault();
  const columns = all('.layer', canvas).map(function (layer) { return all('button.node', layer).filter(function (node) { return node.offsetParent; }); })
    .filter(function (nodes) { return nodes.length; });
  const column = columns.findIndex(function (nodes) { return nodes.includes(here); });
  let next;
  if (step[1]) next = columns[column][columns[column].indexOf(here) + step[1]];
  else if (columns[column + step[0]]) {
    const away = function (node) { return Math.abs(node.offsetTop - here.offsetTop); };
    next = columns[column + step[0]].slice().sort(function (a, b) { return away(a) - away(b); })[0];
  }
  if (!next) return;
  here.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

// All stages before or after one, by their numbers.
function reach(told, start, next) {
  const seen = new Set(), open = [start];
  while (open.length) {
    for (const number of next(told.stages[open.pop()])) if (!seen.has(number)) { seen.add(number); open.push(number); }
  }
  return seen;
}

async function showStage(id, moves) {
  const told = await readGraph();
  const stage = told.byId.get(id);
  all('#stages .finder + .note').forEach(function (old) { old.remove(); });
  if (!stage) {
    find('#stages .finder').after(make('p', { class: 'note caution', role: 'alert' }, 'There is no stage ' + id + ' in this build.'));
    find('#stages .finder').scrollIntoView({ block: 'center' });
    return;
  }
  const folded = find('#stages details.graph[data-study="' + CSS.escape(stage.study) + '"]');
  folded.open = true;
  unfoldGraph(folded, told.stages.filter(function (other) { return other.study === stage.study; }), told);
  const before = reach(told, stage.number, function (one) { return one.origins; });
  const after = reach(told, stage.number, function (one) { return one.readers; });
  find('.graph-body', folded).classList.add('chosen');
  find('button.alone', folded).disabled = false;
  find('.panel', folded).replaceChildren(...panel(stage, told, before.size, after.size));
  // The panel takes room from the picture.
  find('.canvas', folded).fit();
  for (const button of all('button.node', folded)) {
    const number = told.byId.get(button.dataset.stage).number;
    const chosen = number === stage.number;
    button.setAttribute('aria-pressed', String(chosen));
    button.classList.toggle('related', before.has(number) || after.has(number));
    button.classList.toggle('before', before.has(number));
    button.tabIndex = chosen ? 0 : -1;
  }
  for (const path of all('.edges path', folded)) {
    const [from, to] = [Number(path.dataset.from), Number(path.dataset.to)];
    const up = (before.has(from) || from === stage.number) && (before.has(to) || to === stage.number);
    const down = (after.has(from) || from === stage.number) && (after.has(to) || to === stage.number);
    path.classList.toggle('on', up || down);
  }
  find('.canvas', folded).lay();
  const chosen = find('button.node[aria-pressed="true"]', folded);
  if (moves) { chosen.scrollIntoView({ block: 'center', inline: 'center' }); chosen.focus({ preventScroll: true }); }
}

function panel(stage, told, before, after) {
  function files(numbers, of) {
    const shown = numbers.slice(0, 12).map(item), rest = numbers.slice(12);
    function item(number) {
      const file = told.files[number];
      const origin = of === 'inputs' ? told.stages[told.maker.get(number)] : null;
      const path = make('code', {}, file.path);
      return make('li', {}, [origin ? make('a', { href: '#stage:' + origin.id }, path) : path, ' ', digest(file.sha256), file.pinned ? make('small', {}, ' pinned') : '']);
    }
    const parts = [make('ul', {}, shown)];
    if (rest.length) parts.push(make('details', {}, [make('summary', {}, 'and ' + rest.length + ' more'), make('ul', {}, rest.map(item))]));
    return numbers.length ? parts : [make('p', { class: 'muted' }, 'none')];
  }
  function entry(label, content) { return make('div', {}, [make('dt', {}, label), make('dd', {}, content)]); }
  const reasons = stage.because || [];
  const more = reasons.length > 1 ? ', and ' + (reasons.length - 1) + ' more' : '';
  const last = reasons.length ? [make('br'), make('small', { title: reasons.join('\n') }, reasons[0] + more)] : [];
  return [
    make('h4', {}, stage.id),
    make('dl', {}, [
      entry('In this build', [stage.outcome].concat(last)),
      entry('When it last ran, it took', duration(stage.took_ms)),
      entry('Code', [digest(stage.code), make('small', {}, ' of ' + stage.code_parts + ' files and libraries')]),
      entry('Rests on', before + ' stages; ' + after + ' rest on it'),
      entry('Reads (' + stage.inputs.length + ')', files(stage.inputs, 'inputs')),
      entry('Makes (' + stage.outputs.length + ')', files(stage.outputs, 'outputs')),
      entry('Why it is or is not fresh', command('cargo xtask explain ' + stage.id)),
      entry('Make just this', command('cargo xtask build-paper ' + stage.id))
    ])
  ];
}
