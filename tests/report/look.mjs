// Pictures of the page for a person to look at: node look.mjs PAGE FOLDER
import { resolve } from 'node:path';
import { browser, open } from './browser.mjs';

const [file, folder] = process.argv.slice(2).map(path => resolve(path));
const chromium = await browser();
const sights = [
  ['desktop', { viewport: { width: 1280, height: 900 } }],
  ['dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }]
];
for (const [name, options] of sights) {
  const { page, context } = await open(chromium, file, options);
  const shot = async part => page.screenshot({ path: `${folder}/${name}-${part}.png` });
  const go = async id => { await page.evaluate(id => document.getElementById(id).scrollIntoView({ behavior: 'instant' }), id); await page.waitForTimeout(1500); };
  await shot('verdict');
  for (const id of ['claims', 'figures', 'tables', 'stages', 'made', 'cite']) { await go(id); await shot(id); }
  await page.evaluate(() => { location.hash = '#claim:tinyml-mcu:fig5.regression'; });
  await page.waitForTimeout(800);
  await shot('claim-open');
  await page.evaluate(() => { location.hash = '#table:tinyml-mcu:fig3.resnet.table'; });
  await page.waitForTimeout(800);
  await shot('table-open');
  await page.evaluate(() => { location.hash = '#stage:tinyml-mcu/figures/fig5'; });
  await page.waitForTimeout(1200);
  await shot('stage-open');
  await context.close();
}
await chromium.close();
