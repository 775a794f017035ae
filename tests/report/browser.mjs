// Chromium as these scripts need it: JOULEBOOK_CHROMIUM names the program.
import { chromium } from 'playwright-core';

export async function browser() {
  const executablePath = process.env.JOULEBOOK_CHROMIUM;
  if (!executablePath) throw new Error('JOULEBOOK_CHROMIUM has to name a Chromium, such as /usr/bin/chromium');
  // Started by root in containers; and it should look for nothing by itself.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath, args });
}

// The page in a window of its own, with what it asked for and complained of.
export async function open(chromium, file, options = {}) {
  const context = await chromium.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const asked = [], complaints = [];
  page.on('request', request => { if (!/^(file|data|blob):/.test(request.url())) asked.push(request.url()); });
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
  page.on('pageerror', error => complaints.push(String(error)));
  await page.goto('file://' + file);
  if (options.javaScriptEnabled !== false) await page.waitForFunction(() => document.documentElement.dataset.ready);
  return { page, context, asked, complaints };
}
