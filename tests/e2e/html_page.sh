#!/bin/sh
# Opens every fixture page in a browser at three widths and lets a script measure what eyes would look for: nothing
# sticks out, no text of a chart is cut or overlaps another, links lead somewhere, pictures have names. The script is
# added to a copy, as the page itself forbids scripts.
#
# usage: html_page.sh HTML_PAGES_PROGRAM        exit 77: no browser here
set -eu

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    echo "no chromium: skipped"
    exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" "$work"

cat > "$work/measure.js" <<'JS'
const problems = [];
const say = (what, node) => problems.push(what + (node ? ': ' + node.outerHTML.slice(0, 90) : ''));
const all = (selector) => [...document.querySelectorAll(selector)];
if (document.documentElement.scrollWidth > innerWidth + 1)
  say('the page is wider than the window');
all('script:not(#measure), img, iframe, link, object').forEach((node) => say('foreign element', node));
const ids = all('[id]').map((node) => node.id);
if (new Set(ids).size !== ids.length) say('an id is there twice');
all('a[href]').forEach((node) => {
  if (!document.getElementById(node.getAttribute('href').slice(1))) say('a link leads nowhere', node);
});
all('svg').forEach((node) => {
  if (!node.getAttribute('aria-label') && !node.querySelector('title')) say('a picture has no name', node);
});
all('details').forEach((node) => { node.open = true; });
all('.charts svg').forEach((chart) => {
  const frame = chart.closest('.charts').getBoundingClientRect();
  const boxes = [...chart.querySelectorAll('text')].map((node) => ({ node, box: node.getBoundingClientRect() }));
  boxes.forEach(({ node, box }, i) => {
    if (box.left < frame.left - 1 || box.right > innerWidth) say('text of a chart is cut', node);
    boxes.slice(i + 1).forEach((other) => {
      const apart = box.right <= other.box.left || other.box.right <= box.left || box.bottom <= other.box.top + 3 ||
                    other.box.bottom <= box.top + 3;
      if (!apart) say('texts of a chart overlap', node);
    });
  });
});
if (document.documentElement.scrollWidth > innerWidth + 1)
  say('the page with everything unfolded is wider than the window');
if (all('.cell').length === 0) say('no cell was measured');
document.body.dataset.problems = problems.length ? problems.join(' ; ') : 'none';
JS

status=0
checked=0
for page in toka troubled check hostile many; do
    sed '/http-equiv="Content-Security-Policy"/d; /<\/body>/d; /<\/html>/d' "$work/$page.html" > "$work/open.html"
    {
        echo '<script id="measure">'
        cat "$work/measure.js"
        echo '</script></body></html>'
    } >> "$work/open.html"
    for width in 390 1280 1920; do
        "$browser" --headless --no-sandbox --disable-gpu --disable-background-networking --hide-scrollbars \
            --user-data-dir="$work/profile" --window-size="$width,1400" --dump-dom "file://$work/open.html" \
            > "$work/dom.html" 2> "$work/browser.log" || true
        found=$(sed -n 's/.*<body data-problems="\([^"]*\)".*/\1/p' "$work/dom.html")
        checked=$((checked + 1))
        if [ "$found" != none ]; then
            echo "$page at $width: ${found:-the browser measured nothing}"
            status=1
        fi
    done
done
echo "$checked pages measured"
exit $status
