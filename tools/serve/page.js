// page.js - the page of `bitline serve`: draws frames as they come, and sends what is asked for. No library, nothing from elsewhere.
'use strict';

const $ = id => document.getElementById(id);
const token = (location.hash.match(/token=([0-9a-f]+)/) || [])[1] || sessionStorage.getItem('token') || '';
if (token) sessionStorage.setItem('token', token);
let frame = null, shown = [], power = [], lastNames = '', runsShown = false;

// ---- helpers

function h(tag, attrs, ...inside) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs || {})) k === 'onclick' ? (e.onclick = v) : k in e && k !== 'list' ? (e[k] = v) : e.setAttribute(k, v);
  e.append(...inside.filter(x => x !== null && x !== undefined));
  return e;
}
function svg(tag, attrs, text) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [k, v] of Object.entries(attrs)) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  return e;
}
const cell = (text, cls) => h('td', { className: cls || '' }, String(text ?? ''));
const si = (v, unit) => {
  if (v === null || v === undefined) return '–';
  if (!v) return '0 ' + unit;
  const names = ['y', 'z', 'a', 'f', 'p', 'n', 'µ', 'm', '', 'k', 'M', 'G', 'T'];
  const i = Math.min(12, Math.max(0, Math.floor(Math.log10(Math.abs(v)) / 3) + 8));
  return +(v / 10 ** (3 * (i - 8))).toPrecision(4) + ' ' + names[i] + unit;
};
const fsText = fs => si(fs * 1e-15, 's');
const count = v => Number(v).toLocaleString('en').replace(/,/g, ' ');

// A table's body is made anew only when what it shows is another; then the focus stays where it was.
function fill(id, data, rows) {
  const at = $(id), key = JSON.stringify(data);
  if (at.dataset.key === key) return;
  at.dataset.key = key;
  const body = at.tBodies ? at.tBodies[0] : at, focus = body.contains(document.activeElement) && document.activeElement.dataset.at;
  body.replaceChildren(...rows());
  if (focus) body.querySelector(`[data-at="${CSS.escape(focus)}"]`)?.focus();
}
function say(text, good) { $('say').textContent = text; $('say').className = good ? 'good' : ''; }

// ---- the server

async function ask(path, body) {
  const r = await fetch('api/v1/' + path, { method: body ? 'POST' : 'GET', headers: { 'X-Bitline-Token': token }, body: body && JSON.stringify(body) });
  if (!r.ok) throw new Error((await r.json().catch(() => ({}))).error || r.statusText);
  return r;
}
async function tell(path, body) {
  try {
    const o = await (await ask(path, body || {})).json();
    say('');
    return o;
  } catch (e) { say(e.message); return null; }
}
async function save(path, name) {
  try {
    const a = h('a', { href: URL.createObjectURL(await (await ask(path)).blob()), download: name });
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 10000);
    say(name + ' is downloaded', true);
  } catch (e) { say(e.message); }
}
async function listen() {
  for (;;) {
    try {
      const reader = (await ask('events')).body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = '';;) {
        const { value, done } = await reader.read();
        if (done) throw new Error('the server has ended');
        const parts = (text += value).split('\n\n');
        text = parts.pop();
        for (const p of parts) if (p.startsWith('event: frame\ndata: ')) draw(JSON.parse(p.slice(19)));
      }
    } catch (e) {
      $('badge').textContent = 'no server';
      $('badge').className = 'badge lost';
      say(e.message);
    }
    await new Promise(r => setTimeout(r, 2000));
  }
}

// ---- drawing

const standing = f => f.run === 'stands' ? 'paused: ' + f.why : f.run === 'ended' ? 'ended: ' + f.end : 'running' + (f.reference ? ' (reference)' : '');

function drawState(f) {
  document.title = f.platform + ' – bitline';
  $('platform').textContent = f.platform;
  $('badge').textContent = standing(f);
  $('badge').className = 'badge ' + f.run;
  const clock = f.clocks[0], images = f.images && `image ${f.images.done} of ${f.images.of}`;
  $('line').textContent = [fsText(f.now_fs), clock && `${count(clock.cycles)} cycles of ${clock.name}`, f.net, images, f.energy, fsText(f.wall_s * 1e15) + ' on the wall'].filter(Boolean).join('  ·  ');
  $('go').firstChild.data = f.run === 'runs' ? 'Pause ' : 'Resume ';
  $('go').disabled = f.read_only || f.run === 'ended';
  for (const id of ['cycle', 'event', 'keep']) $(id).disabled = f.read_only || f.run !== 'stands';
  for (const b of document.querySelectorAll('#until-form button, #watch-form button')) b.disabled = f.read_only || f.run === 'runs';
  if ($('clock').options.length !== f.clocks.length) $('clock').replaceChildren(...f.clocks.map(c => h('option', {}, c.name)));
  $('clock').hidden = f.clocks.length < 2;
}

function drawHang(f) {
  const chain = f.hang ? f.hang.chain : null;
  $('hang').hidden = !chain;
  if (!chain) return;
  $('hang-p').textContent = `Since ${f.hang.moved}, while work is outstanding. Who waits for whom:`;
  fill('hang-list', chain, () => chain.map(t => h('li', {}, t)));
}

function drawParts(f) {
  fill('parts', f.parts, () => f.parts.map(p => {
    const all = p.verdicts.reduce((s, v) => s + v.spent, 0) || 1;
    const cls = (v, i) => v.name === 'busy' ? 'busy' : v.name === 'idle' ? 'idle' : 's' + (i - 2) % 3;
    const bars = h('div', { className: 'bars' }, ...p.verdicts.map((v, i) => {
      const b = h('span', { className: cls(v, i), title: `${v.name} ${(100 * v.spent / all).toFixed(1)} %` });
      b.style.width = 100 * v.spent / all + '%';
      return b;
    }));
    const top = p.verdicts.filter(v => v.spent >= all / 2000).sort((a, b) => b.spent - a.spent).slice(0, 4).map(v => `${v.name} ${(100 * v.spent / all).toFixed(1)} %`);
    return h('tr', {}, cell(p.path, 'name'), cell(p.verdict), h('td', { className: 'bar' }, bars, h('div', { className: 'said' }, top.join(', '))), cell(si(p.energy_j, 'J'), 'num'));
  }));
}

// Parts as boxes: those that wait for nobody at the right, whoever waits for one of them to its left.
function drawGraph(f) {
  const waits = f.waits.filter(w => w.peer && !w.rests), to = new Map(waits.map(w => [w.part, w]));
  const names = [...new Set(waits.flatMap(w => [w.part, w.peer]))].slice(0, 40);
  const depth = name => { let d = 0; for (let seen = new Set(); to.has(name) && !seen.has(name); d++) { seen.add(name); name = to.get(name).peer; } return d; };
  fill('graph', waits, () => {
    if (!names.length) return [h('p', { className: 'note' }, 'Nobody is held up now.')];
    const W = 230, H = 46, deep = Math.max(...names.map(depth)), rows = [], at = new Map();
    for (const n of names) { const d = depth(n); rows[d] = (rows[d] || 0) + 1; at.set(n, [(deep - d) * W + 2, (rows[d] - 1) * H + 2]); }
    const g = svg('svg', { width: (deep + 1) * W - 90, height: Math.max(...rows.map(r => r || 0)) * H + 4, role: 'img', 'aria-label': waits.map(w => `${w.part} waits ${w.waits} for ${w.peer}`).join('; ') });
    for (const w of waits) {
      const a = at.get(w.part), b = at.get(w.peer);
      if (!a || !b) continue;
      const x = a[0] + 132, y = a[1] + 18, back = b[0] <= a[0];
      g.append(svg('path', { class: 'edge', d: back ? `M${x} ${y} h14 v22 H${b[0] - 8} V${b[1] + 18} h8` : `M${x} ${y} C${x + 50} ${y} ${b[0] - 50} ${b[1] + 18} ${b[0] - 4} ${b[1] + 18}` }));
      g.append(svg('path', { class: 'tip', d: `M${b[0]} ${b[1] + 18} l-8 -4 v8 z` }), svg('text', { class: 'sub', x: x + 6, y: y - 5 }, fsText(w.waits_fs)));
    }
    for (const n of names) {
      const [x, y] = at.get(n), w = to.get(n), verdict = w ? w.verdict : (waits.find(v => v.peer === n) || {}).peer_verdict || '';
      g.append(svg('rect', { class: 'box ' + (w ? 'stall' : verdict === 'busy' ? 'works' : ''), x, y, width: 132, height: 36, rx: 4 }));
      g.append(svg('text', { x: x + 7, y: y + 15 }, n.length > 18 ? '…' + n.slice(-17) : n), svg('text', { class: 'sub', x: x + 7, y: y + 29 }, verdict));
    }
    return [g];
  });
  fill('waits', f.waits, () => f.waits.map(w => h('tr', {}, cell(w.part, 'name'), cell(w.verdict), cell(w.port), cell(w.peer), cell(w.peer_verdict), cell(fsText(w.waits_fs), 'num'))));
}

function drawChannels(f) {
  fill('channels', f.channels.rows, () => f.channels.rows.map(c => {
    const level = h('span', {}), meter = h('span', { className: 'meter' }, level);
    level.style.width = 100 * c.level / (c.capacity || 1) + '%';
    return h('tr', {}, cell(c.from, 'name'), cell(c.to, 'name'), h('td', {}, meter, `${c.level} of ${c.capacity}`), cell(c.high ?? '–', 'num'), cell(count(c.popped), 'num'));
  }));
  $('high').textContent = f.channels.high_since_fs === null ? '' : `Most: the fullest since ${fsText(f.channels.high_since_fs)}, when somebody began to look.`;
}

function drawPower(f) {
  $('power').textContent = `Now ${si(f.power_mw === null ? null : f.power_mw / 1e3, 'W')}, mean ${si(f.mean_power_mw === null ? null : f.mean_power_mw / 1e3, 'W')}, ${f.energy} in all.`;
  if (power.length && f.now_fs < power.at(-1)[0]) power = power.filter(p => p[0] <= f.now_fs);
  if (f.power_mw !== null && f.run !== undefined && (!power.length || f.now_fs > power.at(-1)[0])) power.push([f.now_fs, f.power_mw]);
  power = power.slice(-200);
  fill('power-plot', power, () => {
    if (power.length < 2) return [];
    const most = Math.max(...power.map(p => p[1])) || 1, t0 = power[0][0], t1 = power.at(-1)[0], W = 480, H = 80;
    const g = svg('svg', { viewBox: `0 0 ${W} ${H + 16}`, width: '100%', role: 'img', 'aria-label': `power between ${fsText(t0)} and ${fsText(t1)}, at most ${si(most / 1e3, 'W')}` });
    g.append(svg('path', { class: 'curve', d: 'M' + power.map(p => `${(p[0] - t0) / (t1 - t0) * W} ${H - p[1] / most * (H - 14)}`).join('L') }));
    g.append(svg('text', { class: 'sub', x: 0, y: 10 }, si(most / 1e3, 'W')), svg('text', { class: 'sub', x: 0, y: H + 13 }, fsText(t0)), svg('text', { class: 'sub', x: W, y: H + 13, 'text-anchor': 'end' }, fsText(t1)));
    return [g];
  });
}

function drawLayers(f) {
  $('layers-s').hidden = !f.layers.length;
  const rate = v => v === null ? '–' : count(+v.toPrecision(4));
  fill('layers', f.layers, () => f.layers.map(l => h('tr', {}, cell(l.name, 'name'), cell(l.kind), cell(`${l.done} of ${l.of}`, 'num'), cell(count(l.cycles), 'num'), cell(rate(l.per_simulated_s), 'num'), cell(rate(l.per_wall_s), 'num'))));
}

function drawWatches(f) {
  const still = f.run !== 'runs' && !f.read_only;
  fill('watches', [f.watches, still], () => f.watches.map(w => h('tr', {}, cell(w.number, 'num'), cell(w.globs.join(' ') || 'all'), cell(fsText(w.from_fs)), cell(w.open ? 'open' : 'ended at ' + fsText(w.to_fs)),
    h('td', {}, h('div', { className: 'actions' },
      h('button', { type: 'button', disabled: w.open && !still, 'data-at': 'get' + w.number, onclick: async () => { if (!w.open || await tell('cut', { number: w.number })) save(`watches/${w.number}.fst`, `watch${w.number}.fst`); } }, 'Download'),
      w.open ? h('button', { type: 'button', disabled: !still, 'data-at': 'end' + w.number, onclick: () => tell('unwatch', { number: w.number }) }, 'Unwatch') : null)))));
  fill('snapshots', [f.snapshots, still], () => f.snapshots.map(s => h('li', {}, h('button', { type: 'button', disabled: !still, 'data-at': 'snap' + s.fs, onclick: () => tell('rewind', { fs: s.fs }), title: 'put this time back' }, '⟲ ' + fsText(s.fs)))));
}

async function drawValues() {
  const asked = shown.join();
  if (!shown.length) return;
  try {
    const o = await (await ask('values?' + shown.map(n => 'name=' + encodeURIComponent(n)).join('&'))).json();
    if (asked === shown.join()) fill('values', o.values, () => o.values.map(v => h('tr', {}, cell(v.name, 'name'), cell(v.lanes ? v.lanes.join(' ') : v.value + (v.word ? ` (${v.word})` : '')),
      h('td', {}, h('button', { type: 'button', 'data-at': 'drop' + v.name, onclick: () => { shown = shown.filter(n => n !== v.name); if (!shown.length) fill('values', [], () => []); drawValues(); } }, 'Remove')))));
  } catch (e) { shown.pop(); say(e.message); }
}

function draw(f) {
  frame = f;
  if (f.db && !runsShown) { runsShown = true; showRuns(); }
  drawState(f); drawHang(f); drawParts(f); drawGraph(f); drawChannels(f); drawPower(f); drawLayers(f); drawWatches(f); drawValues();
  $('path').textContent = f.path ? f.path.text || 'not known yet' : 'not recorded (--no-path)';
}

// ---- what is asked for

const stands = () => frame && frame.run === 'stands' && !frame.read_only;
const toggle = () => { if (frame && frame.run !== 'ended' && !frame.read_only) tell(frame.run === 'runs' ? 'pause' : 'resume'); };
function stepCycles() {
  const n = Number($('n').value);
  if (!Number.isInteger(n) || n < 1) { say('Step: expected a whole number of cycles'); return; }
  if (stands()) tell('step', { cycles: n, clock: $('clock').value });
}
const stepEvent = () => { if (stands()) tell('step', { events: 1 }); };

$('go').onclick = toggle;
$('cycle').onclick = stepCycles;
$('event').onclick = stepEvent;
$('keep').onclick = () => tell('snapshot');
$('journal').onclick = () => save('journal', 'serve.journal');
$('hang-get').onclick = () => save('hang.snap', 'hang.snap');
$('until-form').onsubmit = e => { e.preventDefault(); const t = $('until').value.trim(); tell('step', /[=<>]/.test(t) ? { until: t } : { to: t }); };
$('watch-form').onsubmit = async e => {
  e.preventDefault();
  const o = await tell('watch', { globs: $('globs').value.trim().split(/[\s,;]+/).filter(Boolean) });
  if (o) say(`trace ${o.number} begins here`, true);
};
$('value-form').onsubmit = e => {
  e.preventDefault();
  const name = $('value').value.trim();
  if (name && !shown.includes(name)) { shown.push(name); drawValues(); }
  $('value').value = '';
};
for (const id of ['value', 'until']) $(id).oninput = async e => {
  const part = e.target.value.trim();
  if (!part || part === lastNames) return;
  lastNames = part;
  const o = await ask('signals?match=' + encodeURIComponent(part + '*')).then(r => r.json()).catch(() => null);
  if (o) $('names').replaceChildren(...o.rows.slice(0, 50).map(r => h('option', { value: r.name })));
};
document.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
  const does = { p: toggle, c: stepCycles, e: stepEvent }[e.key];
  if (does) { e.preventDefault(); does(); }
});

async function showRuns() {
  const o = await ask('runs').then(r => r.json()).catch(() => null);
  if (!o) return;
  $('runs-s').hidden = false;
  const columns = Object.entries(o.columns).filter(([, k]) => k === 1).map(([n]) => n).concat(['accuracy', 'simulated_s', 'energy_j', 'state'].filter(n => n in o.columns));
  $('runs').tHead.replaceChildren(h('tr', {}, ...columns.map(c => h('th', { scope: 'col' }, c)), h('th', { scope: 'col' })));
  fill('runs', o.rows, () => o.rows.map(r => h('tr', {}, ...columns.map(c => cell(typeof r[c] === 'number' && !Number.isInteger(r[c]) ? r[c].toPrecision(5) : r[c])),
    h('td', {}, r.state === 'done' || r.state === 'wrong' ? h('button', { type: 'button', 'data-at': r.key, onclick: async () => { $('run').hidden = false; $('run').textContent = await (await ask(`runs/${r.key}?as=text`)).text(); $('run').focus(); } }, 'Open') : null))));
}

if (!token) { say('The address has no token: open the one that bitline serve printed, with #token=... at its end.'); $('badge').textContent = 'no token'; $('badge').className = 'badge lost'; }
else listen();
