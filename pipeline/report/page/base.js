// What all parts share: elements, packs, commands that can be copied, light and dark.

function find(selector, inside) { return (inside || document).querySelector(selector); }
function all(selector, inside) { return Array.from((inside || document).querySelectorAll(selector)); }

// An element with attributes and children, which are elements, texts or nothing.
function make(name, attributes, children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  for (const child of [children].flat()) {
    if (child !== null && child !== undefined && child !== '') element.append(child);
  }
  return element;
}

// The text of a pack: compressed with zlib, written in Base64. Each is unfolded once.
const unfolded = new Map();
function unpack(name) {
  if (!unfolded.has(name)) unfolded.set(name, inflate(name));
  return unfolded.get(name);
}
async function inflate(name) {
  const carrier = document.getElementById('pack:' + name);
  if (!carrier) throw new Error('the page carries no ' + name);
  if (typeof DecompressionStream === 'undefined') throw new Error('this browser cannot unfold what the page carries; use one of 2023 or later');
  const bytes = Uint8Array.from(atob(carrier.textContent), function (letter) { return letter.charCodeAt(0); });
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).text();
}
const parsed = new Map();
function unpackJson(name) {
  if (!parsed.has(name)) parsed.set(name, unpack(name).then(JSON.parse));
  return parsed.get(name);
}

// Runs a script that the page carries.
function run(source) {
  const script = make('script', {}, source);
  document.head.append(script);
  script.remove();
}

// What went wrong, where it was asked for.
function failure(error) {
  return make('p', { class: 'note bad', role: 'alert' }, 'Cannot be shown: ' + error.message);
}

// Says something to screen readers.
const voice = make('p', { class: 'unseen', 'aria-live': 'polite' });
function say(words) { voice.textContent = words; }

// A command, with a button that copies it.
function command(line) {
  return make('span', { class: 'typed' }, [make('code', { class: 'command' }, line), copier(line)]);
}
function copier(line) {
  const button = make('button', { type: 'button', class: 'copy', 'aria-label': 'Copy: ' + line, title: 'Copy' }, 'Copy');
  button.addEventListener('click', async function () {
    const done = await copy(line);
    button.textContent = done ? 'Copied' : 'Select it';
    say(done ? 'Copied' : 'Copying is not allowed here');
    setTimeout(function () { button.textContent = 'Copy'; }, 1500);
  });
  return button;
}
async function copy(text) {
  try { await navigator.clipboard.writeText(text); return true; } catch (refused) { /* The old way, below. */ }
  const field = make('textarea', { class: 'unseen', 'aria-hidden': 'true' }, text);
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  return done;
}

// Offers a text as a file.
function save(name, type, text) {
  const link = make('a', { download: name, href: URL.createObjectURL(new Blob([text], { type: type })) });
  link.click();
  setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
}

function short(digest) { return digest.slice(0, 12); }
function digest(value) {
  return value ? make('code', { class: 'digest', title: 'SHA-256 ' + value }, short(value)) : make('span', { class: 'muted' }, 'not there');
}

function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return 'not known';
  if (milliseconds < 1000) return milliseconds + ' ms';
  if (milliseconds < 60000) return (milliseconds / 1000).toFixed(1) + ' s';
  return Math.floor(milliseconds / 60000) + ' min ' + Math.floor(milliseconds % 60000 / 1000) + ' s';
}

// The moment when an element comes near the view, and when it has left it far behind.
function nearView(elements, enter, leave) {
  if (typeof IntersectionObserver === 'undefined') { elements.forEach(enter); return; }
  const watcher = new IntersectionObserver(function (entries) {
    for (const entry of entries) (entry.isIntersecting ? enter : leave)(entry.target);
  }, { rootMargin: '400px 0px' });
  elements.forEach(function (element) { watcher.observe(element); });
}

// Light or dark: as the system has it, until a reader chooses.
function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}
function startTheme() {
  const button = find('button.theme');
  function tell() { button.textContent = isDark() ? 'Light' : 'Dark'; button.setAttribute('aria-label', 'Switch to ' + button.textContent.toLowerCase() + ' colours'); }
  button.hidden = false;
  button.addEventListener('click', function () {
    const theme = isDark() ? 'light' : 'dark';
    document.documentElement.dataset.theme = theme;
    try { localStorage.setItem('joulebook-theme', theme); } catch (blocked) { /* Not kept then. */ }
    tell();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell);
  tell();
}
