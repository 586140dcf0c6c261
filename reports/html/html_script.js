// What the page can do beyond showing: the flame graph's search, zoom, keys and copy, opening what a link leads
// to, folding everything at once. All figures are in the page without it.
'use strict';

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const make = (name, properties, ...children) => {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
};

// A page opened from disk may not use the clipboard; a selected field always may.
const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = make('textarea', { value: text, readOnly: true, className: 'copying' });
    const focused = document.activeElement;
    document.body.append(field);
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    focused?.focus();
    return copied;
  }
};

const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

class Flame {
  constructor(graph) {
    this.graph = graph;
    this.boxes = all('.f', graph).map((node) => {
      const [name, ...rest] = node.title.split('\n');
      const amount = rest.pop();
      const place = rest.join(' ');
      const number = (key, absent) => Number(node.style.getPropertyValue(key) || absent);
      return { node, name, place, amount, from: number('--x', 0), width: number('--w', 10000), depth: number('--d', 0) };
    });
    this.link();
    this.addTools();
    this.addRoles();
    this.root = this.boxes[0];
    this.zoomed = this.root;
    this.select(this.root, false);
    new ResizeObserver(() => this.fit()).observe(graph);
  }

  // Boxes come parents first, so the last box above that begins no later is the parent.
  link() {
    const above = [];
    for (const box of this.boxes) {
      box.parent = box.depth > 0 ? above[box.depth - 1] : null;
      box.children = [];
      box.parent?.children.push(box);
      above[box.depth] = box;
    }
  }

  addTools() {
    this.field = make('input', { type: 'search', placeholder: 'Function or file', spellcheck: false });
    this.found = make('output', {});
    this.detail = make('p', { className: 'flame-detail' });
    this.detail.setAttribute('aria-live', 'polite');
    this.resetButton = make('button', { type: 'button', textContent: 'Reset zoom', disabled: true });
    this.copyButton = make('button', { type: 'button', textContent: 'Copy stack' });
    const tools = this.graph.previousElementSibling;
    tools.append(make('label', {}, 'Search ', this.field), this.found, this.resetButton, this.copyButton);
    tools.hidden = false;
    this.graph.after(this.detail);
    this.field.addEventListener('input', () => this.search(this.field.value));
    this.resetButton.addEventListener('click', () => this.reset());
    this.copyButton.addEventListener('click', () => this.copy());
  }

  addRoles() {
    this.graph.setAttribute('role', 'tree');
    this.graph.setAttribute('aria-label', 'Flame graph: arrow keys move, Enter zooms, Escape resets');
    for (const box of this.boxes) {
      box.node.setAttribute('role', 'treeitem');
      box.node.setAttribute('aria-level', box.depth + 1);
      box.node.setAttribute('aria-label', `${box.name}, ${box.place}, ${box.amount}`);
      box.node.tabIndex = -1;
      box.node.addEventListener('click', () => this.zoom(box));
      box.node.addEventListener('pointerenter', () => this.describe(box));
      box.node.addEventListener('focus', () => this.select(box, false));
    }
    this.graph.addEventListener('pointerleave', () => this.describe(this.selected));
    this.graph.addEventListener('keydown', (event) => this.key(event));
  }

  describe(box) {
    this.detail.textContent = [box.name, box.place, box.amount].filter(Boolean).join(' \u00b7 ');
  }

  select(box, focus) {
    if (this.selected) {
      this.selected.node.tabIndex = -1;
      this.selected.node.setAttribute('aria-selected', 'false');
    }
    this.selected = box;
    box.node.tabIndex = 0;
    box.node.setAttribute('aria-selected', 'true');
    this.describe(box);
    if (focus) box.node.focus();
  }

  zoom(box) {
    this.zoomed = box;
    this.graph.style.setProperty('--from', box.from);
    this.graph.style.setProperty('--span', box.width);
    const end = box.from + box.width;
    for (const other of this.boxes) {
      const around = other.depth <= box.depth && other.from <= box.from && other.from + other.width >= end;
      other.node.classList.toggle('wide', around && box !== this.root);
      other.node.hidden = !around && (other.from >= end || other.from + other.width <= box.from);
    }
    this.resetButton.disabled = box === this.root;
    this.fit();
    this.select(box, true);
  }

  // A box names itself where there is room for a few letters.
  fit() {
    const scale = this.graph.clientWidth / this.zoomed.width;
    for (const { node, name, width } of this.boxes) node.textContent = width * scale > 28 ? name : '';
  }

  reset() {
    const keep = this.selected;
    this.zoom(this.root);
    this.select(keep, true);
  }

  // The matched share counts a path once, however many of its frames match.
  search(text) {
    const wanted = text.trim().toLowerCase();
    let matched = 0;
    for (const box of this.boxes) {
      box.hit = wanted !== '' && `${box.name}\n${box.place}`.toLowerCase().includes(wanted) && box !== this.root;
      box.covered = Boolean(box.parent && (box.parent.hit || box.parent.covered));
      box.node.classList.toggle('hit', box.hit);
      if (box.hit && !box.covered) matched += box.width;
    }
    this.graph.classList.toggle('searched', wanted !== '');
    this.found.textContent = wanted === '' ? '' : `matched ${percent(matched / this.root.width)}`;
  }

  // Innermost first, as a debugger prints it.
  stack() {
    const lines = [];
    for (let box = this.selected; box && box !== this.root; box = box.parent) lines.push(`${box.name}  ${box.place}`);
    return [this.selected.amount, ...lines].join('\n') + '\n';
  }

  async copy() {
    const copied = await copyText(this.stack());
    this.copyButton.textContent = copied ? 'Copied' : 'Could not copy';
    setTimeout(() => { this.copyButton.textContent = 'Copy stack'; }, 2000);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const box = this.selected;
    const visible = (list) => list.filter((other) => !other.node.hidden);
    const row = box.parent ? visible(box.parent.children) : [box];
    const moves = {
      ArrowUp: () => box.parent,
      ArrowDown: () => visible(box.children)[0],
      ArrowLeft: () => row[row.indexOf(box) - 1],
      ArrowRight: () => row[row.indexOf(box) + 1],
      Home: () => this.zoomed,
    };
    if (event.key === 'Enter' || event.key === ' ') this.zoom(box);
    else if (event.key === 'Escape') this.reset();
    else if (moves[event.key]) {
      const next = moves[event.key]();
      if (next) this.select(next, true);
    } else return;
    event.preventDefault();
  }
}

// A link to a cell opens it, and what it lies in.
const openTarget = () => {
  const target = document.getElementById(location.hash.slice(1));
  for (let node = target; node; node = node.parentElement) if (node.tagName === 'DETAILS') node.open = true;
  target?.scrollIntoView();
};

const addFolding = () => {
  const cells = all('.cell');
  const heading = document.querySelector('.workload');
  if (cells.length < 2 || !heading) return;
  const fold = (open) => () => cells.forEach((cell) => { cell.open = open; });
  const button = (textContent, open) => {
    const node = make('button', { type: 'button', textContent });
    node.addEventListener('click', fold(open));
    return node;
  };
  heading.before(make('p', { className: 'folding' }, button('Open all cells', true), button('Close all cells', false)));
};

all('.flame').forEach((graph) => new Flame(graph));
addFolding();
addEventListener('hashchange', openTarget);
openTarget();
