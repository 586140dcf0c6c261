// The live page of a soak: asks for the curves every two seconds and draws them.
'use strict';

const EVERY_MS = 2000;
const [TIME, OPS, LIVE, RESIDENT, , FILES, THREADS] = [0, 1, 2, 3, 4, 5, 6];
const byId = (id) => document.getElementById(id);

const scaled = (value, base, units) => {
  let unit = 0;
  let amount = Math.abs(value);
  for (; amount >= base && unit < units.length - 1; unit++) amount /= base;
  const digits = amount === 0 || amount >= 100 || (unit === 0 && Number.isInteger(value)) ? 0 : amount >= 10 ? 1 : 2;
  const figure = amount > 0 && amount < 0.1 ? Number(amount.toPrecision(2)) : amount.toFixed(digits);
  return `${value < 0 ? '\u2212' : ''}${figure}${units[unit]}`;
};
const bytes = (value) => scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']);
const count = (value) => scaled(value, 1000, ['', 'k', 'M', 'G']);
const duration = (seconds) => {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 && seconds % 1 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

const draw = (name, attributes, text) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};

// A round number at or above the value, so that the axis does not jump with every sample.
const niceTop = (value, base) => {
  if (!(value > 0)) return 1;
  const unit = base ** Math.floor(Math.log(value) / Math.log(base));
  // Half of it stands there, too: of a count that is to be a whole one.
  const decimal = [2, 4, 6, 8, 10, 20, 50, 100, 200, 500, 1000];
  const steps = base === 1024 ? [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] : decimal;
  return unit * steps.find((step) => step * unit >= value * 0.999);
};

// lines: arrays of [seconds, value]; from 0, or below where a value is.
const chart = (id, lines, format, base) => {
  const svg = byId(id);
  const { width, height } = svg.getBoundingClientRect();
  const points = lines.flat();
  const left = 64;
  const bottom = height - 20;
  const end = Math.max(1, ...points.map(([time]) => time));
  const top = niceTop(Math.max(0, ...points.map(([, value]) => value)), base);
  const least = Math.min(0, ...points.map(([, value]) => value));
  const low = least < 0 ? -niceTop(-least, base) : 0;
  const x = (time) => left + (time / end) * (width - left - 8);
  const y = (value) => bottom - ((value - low) / (top - low)) * (bottom - 8);
  const nodes = [];
  for (const value of [low, (low + top) / 2, top]) {
    nodes.push(draw('line', { class: 'rule', x1: left, x2: width - 8, y1: y(value), y2: y(value) }));
    nodes.push(draw('text', { class: 'end', x: left - 6, y: y(value) + 4 }, format(value)));
  }
  nodes.push(draw('text', { x: left, y: height - 4 }, '0'));
  nodes.push(draw('text', { class: 'end', x: width - 8, y: height - 4 }, duration(end)));
  lines.forEach((line, index) => {
    const path = line.map(([time, value], i) => `${i ? 'L' : 'M'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join('');
    nodes.push(draw('path', { class: index ? 'line second' : 'line', d: path }));
  });
  svg.replaceChildren(...nodes);
};

const curve = (samples, field) =>
  samples.filter((sample) => sample[field] >= 0).map((sample) => [sample[TIME] / 1000, sample[field]]);

// What a figure gained from a twentieth of the samples before, divided by what another did.
const slope = (samples, over, under, factor) => {
  const span = Math.max(1, Math.floor(samples.length / 20));
  const line = [];
  for (let i = span; i < samples.length; i++) {
    const gained = samples[i][under] - samples[i - span][under];
    if (gained > 0) line.push([samples[i][TIME] / 1000, (factor * (samples[i][over] - samples[i - span][over])) / gained]);
  }
  return line;
};

const fact = (name, value) => {
  const box = document.createElement('div');
  const term = document.createElement('dt');
  const figure = document.createElement('dd');
  term.textContent = name;
  figure.textContent = value;
  box.append(term, figure);
  return box;
};

const drawCurves = ({ samples }) => {
  chart('memory', [curve(samples, LIVE), curve(samples, RESIDENT)], bytes, 1024);
  chart('growth', [slope(samples, LIVE, OPS, 1)], bytes, 1024);
  chart('speed', [slope(samples, OPS, TIME, 1000)], count, 1000);
  chart('handles', [curve(samples, FILES), curve(samples, THREADS)], count, 1000);
};

const show = (soak) => {
  const now = soak.samples.at(-1);
  byId('title').textContent = `${soak.workload} on ${soak.subject}, ${soak.allocator}`;
  document.title = `${soak.verdict}: ${soak.workload} on ${soak.subject}`;
  byId('verdict').textContent = `${soak.verdict}.`;
  byId('verdict').className = `verdict ${soak.verdict}`;
  byId('reason').textContent = soak.reason;
  byId('alert').hidden = !soak.alert;
  if (soak.alert) {
    const place = soak.function ? `: ${soak.function} ${soak.file}:${soak.line}` : '';
    byId('alert').textContent = `${soak.verdict === 'leak' ? 'Leak, sure since' : 'A leak was sure at'} ${duration(soak.alert_seconds)}${place}`;
  }
  byId('facts').replaceChildren(
    fact('Time', `${duration(now[TIME] / 1000)} of ${duration(soak.planned_seconds)}`),
    fact('Ops', count(now[OPS])),
    fact('Ops a second', count(soak.ops_per_second)),
    fact('Live', bytes(now[LIVE])),
    fact('Resident', bytes(now[RESIDENT])),
    fact(`Growth per ${soak.unit}`, bytes(soak.bytes_per_op)),
    fact('Sees from', soak.sees_from > 0 ? bytes(soak.sees_from) : '\u2013'),
    fact('Judged at', duration(soak.judged_seconds)),
  );
  drawCurves(soak);
};

let latest = null;
new ResizeObserver(() => latest && drawCurves(latest)).observe(document.querySelector('.charts'));

const poll = async () => {
  try {
    const answer = await fetch('curves', { cache: 'no-store' });
    if (!answer.ok) throw new Error(`${answer.status}`);
    latest = await answer.json();
    show(latest);
    byId('gone').hidden = true;
  } catch {
    byId('gone').textContent = 'heapgate does not answer: the soak has ended.';
    byId('gone').hidden = false;
  }
  setTimeout(poll, EVERY_MS);
};

poll();
