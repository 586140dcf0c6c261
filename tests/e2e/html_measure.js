// Measures what eyes would look for: nothing sticks out, no text of a chart is cut or overlaps another, links lead
// somewhere, pictures have names, tables have heads. Gives the problems, one a line; "" where there are none.
(() => {
  const problems = [];
  const say = (what, node) => problems.push(what + (node ? `: ${node.outerHTML.slice(0, 120)}` : ''));
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const wide = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;

  if (wide()) say('the page is wider than the window');
  all('img, iframe, link, object, script[src]').forEach((node) => say('foreign element', node));
  const ids = all('[id]').map((node) => node.id);
  if (new Set(ids).size !== ids.length) say('an id is there twice');
  all('a[href]').forEach((node) => {
    if (!document.getElementById(node.getAttribute('href').slice(1))) say('a link leads nowhere', node);
  });
  all('[aria-labelledby]').forEach((node) => {
    if (!document.getElementById(node.getAttribute('aria-labelledby'))) say('a label is missing', node);
  });
  all('[role="img"], [role="tree"], [role="region"]').forEach((node) => {
    if (!node.getAttribute('aria-label') && !node.getAttribute('aria-labelledby')) say('no name', node);
  });
  all('table').forEach((table) => {
    if (!table.querySelector('thead th[scope="col"]')) say('a table without heads', table);
    const columns = table.querySelectorAll('thead th').length;
    all('tbody tr', table).forEach((row) => {
      if ([...row.children].reduce((sum, cell) => sum + cell.colSpan, 0) !== columns) say('a row of another length', row);
    });
  });
  all('details').forEach((node) => { node.open = true; });
  all('.chart svg').forEach((chart) => {
    const boxes = all('text', chart).map((node) => ({ node, box: node.getBoundingClientRect() }));
    boxes.forEach(({ node, box }, i) => {
      if (box.left < 0 || box.right > innerWidth) say('text of a chart is cut', node);
      boxes.slice(i + 1).forEach((other) => {
        const apart = box.right <= other.box.left || other.box.right <= box.left ||
                      box.bottom <= other.box.top + 3 || other.box.bottom <= box.top + 3;
        if (!apart) say('texts of a chart overlap', node);
      });
    });
  });
  all('.flame').forEach((graph) => {
    const frame = graph.getBoundingClientRect();
    all('.f', graph).forEach((node) => {
      const box = node.getBoundingClientRect();
      if (box.bottom > frame.bottom + 1 || box.right > frame.right + 1 || box.left < frame.left - 1) say('a box is cut', node);
    });
  });
  if (wide()) say('the page with everything unfolded is wider than the window');
  if (all('.cell, .pair').length === 0) say('no cell was measured');
  return problems.join('\n');
})()
