// How long the page takes until it answers: node measure.mjs PAGE. Median of seven, each in a new window.
import { resolve } from 'node:path';
import { statSync } from 'node:fs';
import { browser, open } from './browser.mjs';

const file = resolve(process.argv[2]);
const chromium = await browser();
const median = numbers => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const times = { ready: [], answers: [] };
for (let round = 0; round < 7; round += 1) {
  const start = performance.now();
  const { page, context } = await open(chromium, file);
  times.ready.push(await page.evaluate(() => Number(document.documentElement.dataset.ready)));
  // Interactive is what answers: a filter has changed the count.
  await page.fill('#claims [name="text"]', 'fig5');
  await page.waitForFunction(() => /^\d+ of \d+ artifacts/.test(document.querySelector('#claims .count').textContent));
  times.answers.push(performance.now() - start);
  await context.close();
}
await chromium.close();
console.log(`size ${(statSync(file).size / 1e6).toFixed(2)} MB; scripts done after ${median(times.ready)} ms; ` +
  `opened and filtered after ${median(times.answers).toFixed(0)} ms`);
