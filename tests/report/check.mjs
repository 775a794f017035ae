// What a reader does with the page, in a browser: node check.mjs PAGE. Prints each finding; fails if there is any.
import { resolve } from 'node:path';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { browser, open } from './browser.mjs';

const file = resolve(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const findings = [];
function expect(truth, words) { if (!truth) findings.push(words); }

// Nothing on the page is wider than the window.
async function fits(page, where) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over <= 0, `${where}: the page is ${over} px wider than the window`);
}

async function accessible(page, where) {
  // The page lets no script from outside in: axe comes through the debugger.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  for (const { id, impact, help, nodes } of violations.filter(found => ['serious', 'critical'].includes(found.impact))) {
    findings.push(`${where}: ${impact}: ${id}: ${help}: ${nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')}`);
  }
}

// Artifacts and checks that are shown.
const count = async page => {
  const [artifacts, , checks] = (await page.textContent('#claims .count')).match(/\d+/g).map(Number);
  return artifacts + checks;
};

async function claims(page) {
  const all = await count(page);
  expect(all > 0 && all === await page.locator('table.claims tr[data-verdict]').count(), `the count of claims is ${all}`);
  await page.fill('#claims [name="text"]', 'regression');
  const some = await count(page);
  expect(some > 0 && some < all, `a search leaves ${some} of ${all} claims`);
  expect(some === await page.locator('table.claims tr[data-verdict]:visible').count(), 'the count is not that of the rows');
  await page.selectOption('#claims [name="study"]', 'tinyml-mcu');
  const fewer = await count(page);
  expect(fewer > 0 && fewer < some, `a study leaves ${fewer} of ${some} claims`);
  await page.click('#claims button[type="reset"]');
  await page.waitForFunction(() => {
    const [artifacts, ofArtifacts, checks, ofChecks] = document.querySelector('#claims .count').textContent.match(/\d+/g);
    return artifacts === ofArtifacts && checks === ofChecks;
  });
  expect(await count(page) === all, 'not all claims are back');

  const order = () => page.$$eval('table.claims tr[data-verdict]', rows => rows.map(row => row.id));
  const first = await order();
  // By keyboard: a heading sorts, and once more the other way round.
  const errors = () => page.$$eval('table.claims tr[data-of="published"][data-error]', rows => rows.map(row => Number(row.dataset.error)));
  const sorted = (numbers, sign) => numbers.every((value, place) => place === 0 || sign * (value - numbers[place - 1]) >= 0);
  await page.focus('th[data-sort="error"] button');
  await page.keyboard.press('Enter');
  expect(sorted(await errors(), 1), 'errors do not rise');
  expect(await page.getAttribute('th[data-sort="error"]', 'aria-sort') === 'ascending', 'the order is not told');
  await page.keyboard.press('Enter');
  expect(sorted(await errors(), -1), 'errors do not fall');
  await page.click('#claims button[type="reset"]');
  await page.waitForFunction(() => !document.querySelector('table.claims th[aria-sort]'));
  expect((await order()).join() === first.join(), 'the first order does not come back');

  // A claim opens, and shows each value that was compared.
  const name = 'table.claims tr[id="claim:tinyml-mcu:fig5.regression"]';
  await page.focus(`${name} button.open`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${name} + tr.values table.checks`);
  const values = await page.locator(`${name} + tr.values tbody tr`).count();
  const told = parseInt((await page.textContent(`${name} td[data-label="Verdict"] small`) || '').split(' of ')[1], 10);
  expect(values === told, `${values} values are shown of ${told}`);
}

async function figures(page) {
  const figure = page.locator('figure[id="figure:tinyml-mcu:fig5"]');
  await figure.scrollIntoViewIfNeeded();
  await figure.locator('.drawing svg').first().waitFor();
  await figure.locator('button.live').click();
  const chart = figure.locator('.live svg');
  await chart.waitFor();
  // The same points as in the drawing, and they tell their values.
  const points = await chart.locator('path').count();
  expect(points > 20, `the chart of fig5 has ${points} marks`);
  const hovered = await figure.evaluate(async figure => {
    const chart = window.echarts.getInstanceByDom(figure.querySelector('.live > div'));
    chart.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: 0 });
    await new Promise(done => setTimeout(done, 100));
    return figure.querySelector('.live').textContent;
  });
  expect(/MACC operations per layer: \d+\u2009\d{3}\u2009\d{3}/.test(hovered), 'a point does not tell its values, in groups of digits');
  const other = await figure.locator('.badge a').getAttribute('href');
  expect(other === '#figure:tinyml-mcu:fig5.corrected', `the corrected figure is ${other}`);
  const back = await page.locator('figure[id="figure:tinyml-mcu:fig5.corrected"] .badge a').getAttribute('href');
  expect(back === '#figure:tinyml-mcu:fig5', `the figure as published is ${back}`);
  // The same values without a mouse.
  await figure.locator('.data-table > summary').press('Enter');
  await figure.locator('.data-table tbody tr').first().waitFor();
  const table = await figure.locator('.data-table table').innerText();
  expect(/MACC operations per layer/.test(table) && /61440000/.test(table), `the table of the data begins with ${table.slice(0, 60)}`);
  const [download] = await Promise.all([page.waitForEvent('download'), figure.locator('button.data').click()]);
  expect(download.suggestedFilename() === 'fig5.csv', `the data are named ${download.suggestedFilename()}`);
  const data = readFileSync(await download.path(), 'utf8');
  expect(data.startsWith('series,') && data.split('\n').length > 20, `the data begin with ${data.slice(0, 40)}`);
  const rows = await figure.locator('.data-table caption').textContent();
  expect(rows.startsWith(data.trim().split('\n').length - 1 + ' rows'), `${rows} are not those of the data`);
  await figure.locator('button.live').click();
  // Longer than after what a figure that stays in view comes alive by itself.
  await page.waitForTimeout(900);
  expect(await figure.locator('.live').count() === 1 && await figure.locator('.picture').isVisible(), 'the drawing does not come back');
}

// Every chart can be made from its specification, those that nobody scrolls to as well.
async function everyChart(page) {
  const wrong = await page.evaluate(async () => {
    const wrong = [];
    for (const figure of document.querySelectorAll('#figures figure')) {
      figure.scrollIntoView({ behavior: 'instant' });
      if (!figure.querySelector('.drawing > .live')) figure.querySelector('button.live').click();
      for (let waited = 0; waited < 1200 && !figure.querySelector('.live svg, .note'); waited += 1) await new Promise(done => setTimeout(done, 25));
      const note = figure.querySelector('.note');
      if (note || !figure.querySelector('.live svg')) wrong.push(figure.id + (note ? ': ' + note.textContent : ' does not come alive'));
    }
    return wrong;
  });
  findings.push(...wrong);
}

async function stages(page) {
  await page.click('#stages details[data-study="tinyml-mcu"] > summary');
  const node = page.locator('#stages button.node[data-stage="tinyml-mcu/figures/fig5"]');
  await node.click();
  const panel = page.locator('#stages details[data-study="tinyml-mcu"] .panel');
  await panel.locator('h4').waitFor();
  const words = await panel.textContent();
  for (const expected of ['tinyml-mcu/figures/fig5', 'figures/tinyml-mcu/fig5.svg', 'cargo xtask explain', 'Reads (1)', 'Code']) {
    expect(words.includes(expected), `the panel of a stage does not tell ${expected}`);
  }
  expect(/[0-9a-f]{12}/.test(words) && /\d m?s/.test(words), `the panel of a stage tells no digest or no time: ${words.slice(0, 400)}`);
  await node.press('ArrowLeft');
  const reached = await page.evaluate(() => document.activeElement.dataset.stage || '');
  expect(/^tinyml-mcu\/(?!figures)/.test(reached), `an arrow key leads to ${reached}`);
}

// What a chosen stage rests on, by itself; and a link to a stage that is not there.
async function chosen(page) {
  const graph = page.locator('#stages details[data-study="tinyml-mcu"]');
  const seen = () => graph.locator('button.node:visible').count();
  const before = await seen();
  await graph.locator('button.alone').click();
  const told = await graph.locator('.panel').textContent();
  const rests = Number(/Rests on(\d+) stages/.exec(told)[1]);
  expect(rests > 0 && await seen() === rests + 1, `${await seen()} stages are shown of ${before}; the chosen one rests on ${rests}`);
  await graph.locator('button.alone').click();
  expect(await seen() === before, 'the other stages do not come back');
  await page.evaluate(() => { location.hash = '#stage:no-study/clean/nothing'; });
  await page.locator('#stages .finder + .note').waitFor();
  await page.evaluate(() => { location.hash = '#stage:tinyml-mcu/figures/fig4'; });
  await page.waitForFunction(() => !document.querySelector('#stages .finder + .note'));
}

// Between the cards of figures is no room but the gaps, whatever the width.
async function filled(page) {
  for (const width of [1400, 1280, 1000]) {
    await page.setViewportSize({ width, height: 900 });
    const empty = await page.$$eval('#figures .figures', grids => grids.map(grid => {
      const gap = parseFloat(getComputedStyle(grid).rowGap), all = grid.getBoundingClientRect();
      const cards = [...grid.children].map(card => card.getBoundingClientRect());
      return 1 - cards.reduce((sum, card) => sum + (card.width + gap) * (card.height + gap), 0) / ((all.width + gap) * (all.height + gap));
    }));
    expect(empty.every(share => share < 0.01), `${width} px: of the figures ${empty.map(share => share.toFixed(2)).join(', ')} are empty`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

async function tables(page) {
  await page.evaluate(() => { document.getElementById('tables-tinyml-mcu').closest('details').open = true; });
  const table = page.locator('details[id="table:tinyml-mcu:fig3.resnet.table"]');
  await table.locator('summary').click();
  await table.locator('.unfolded table').waitFor();
  expect(await table.locator('.unfolded tbody tr').count() > 2, 'a table has no rows');
}

const chromium = await browser();
for (const colorScheme of ['light', 'dark']) {
  const { page, context, asked, complaints } = await open(chromium, file, { colorScheme });
  if (colorScheme === 'light') { await claims(page); await figures(page); await tables(page); await stages(page); await chosen(page); }
  await accessible(page, colorScheme);
  if (colorScheme === 'light') await everyChart(page);
  if (colorScheme === 'light') await filled(page);
  await fits(page, colorScheme);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await ground();
  await page.click('button.theme');
  expect(before !== await ground(), `the switch does not change ${colorScheme}`);
  findings.push(...asked.map(url => `asked for ${url}`), ...complaints.map(text => `${colorScheme}: ${text}`));
  await context.close();
}

const phone = await open(chromium, file, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
const made = await phone.page.locator('#made').textContent();
for (const told of [/rustc \d/, /Cores\d/, /typst \d/]) expect(told.test(made), `machine and programs do not tell ${told}`);
for (const id of ['verdict', 'claims', 'figures', 'tables', 'stages', 'made', 'cite']) {
  await phone.page.evaluate(id => document.getElementById(id).scrollIntoView({ behavior: 'instant' }), id);
  await phone.page.waitForTimeout(100);
  await fits(phone.page, `360 px, ${id}`);
}
// Claims are cards there: some at first, all on demand.
const cards = () => phone.page.locator('table.claims tr[data-verdict]:visible').count();
expect(await cards() === 50, `${await cards()} claims are shown on a phone at first`);
await phone.page.click('#claims .more');
expect(await cards() === await count(phone.page), 'not all claims are shown on demand');
const low = await phone.page.$$eval('.sort, .open, .copy', targets => targets.filter(target => target.getClientRects().length && target.getBoundingClientRect().height < 24).length);
expect(low === 0, `${low} buttons are lower than 24 px`);
await phone.page.evaluate(() => document.querySelector('table.claims button.open').click());
await fits(phone.page, '360 px, an open claim');
await accessible(phone.page, '360 px');
findings.push(...phone.complaints.map(text => `360 px: ${text}`));
await phone.context.close();

// Without JavaScript: verdicts, claims and drawings.
const plain = await open(chromium, file, { javaScriptEnabled: false });
expect(await plain.page.locator('.judgement').isVisible(), 'no verdict without JavaScript');
expect(await plain.page.locator('table.claims tbody tr:visible').count() > 100, 'no claims without JavaScript');
expect(await plain.page.locator('figure svg').count() > 20, 'no drawings without JavaScript');
await fits(plain.page, 'without JavaScript');
await plain.context.close();

await chromium.close();
findings.forEach(finding => console.error(finding));
console.log(findings.length === 0 ? 'the report page is as it should be' : `${findings.length} findings`);
process.exit(findings.length === 0 ? 0 : 1);
