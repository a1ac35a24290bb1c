"""The pages as a reader sees them: from the file system, wide and narrow, light and dark."""

import functools

import pytest

from tests.book import browser
from vibejam_core.course.curriculum import LABS

pytestmark = pytest.mark.skipif(browser.find() is None, reason="no Chromium or Chrome is installed")

PAGES = ["book/intro", "book/curriculum", "book/glossary", "book/troubleshooting", "book/instructors"]
PAGES += [f"solutions/{lab.name}" for lab in LABS]

# What is wider than the screen and isn't inside a box that scrolls by itself.
OVERFLOW = """(() => {
  const boxes = "pre, table, mjx-container, .bd-sidebar-primary, .bd-sidebar-secondary, dialog";
  const wide = [...document.querySelectorAll("main *")].filter(
    element => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(boxes));
  const names = wide.slice(0, 5).map(element => element.outerHTML.slice(0, 200));
  return [document.documentElement.scrollWidth - innerWidth, names];
})()"""

EQUATIONS = """(async () => {
  const count = what => document.querySelectorAll(what).length;
  if (count(".math")) await MathJax.startup.promise;
  return [count(".math"), count("mjx-container"), count("mjx-merror")];
})()"""

# The contrast of text against what lies behind it, the lowest first, by the rule of the accessibility guidelines.
CONTRAST = """(() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const color = rgb(getComputedStyle(element).backgroundColor);
      if (color.length < 4 || color[3] > .5) return color;
    }
    return [255, 255, 255];
  };
  const skipped = ".headerlink, .output, mjx-container, svg";
  const found = [];
  for (const element of document.querySelectorAll("article :is(p, li, td, th, h1, h2, h3, a, code, span, summary)")) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.getClientRects().length || element.closest(skipped)) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
    found.push([(Math.max(a, b) + .05) / (Math.min(a, b) + .05), element.outerHTML.slice(0, 120)]);
  }
  return found.sort((a, b) => a[0] - b[0]).slice(0, 3);
})()"""

LOOK = f"(async () => ({{overflow: {OVERFLOW}, contrast: {CONTRAST}, equations: await {EQUATIONS}}}))()"
WIDE_AND_LIGHT, NARROW_AND_DARK = (1280, False), (390, True)


@pytest.fixture(scope="module")
def look(pages):
    """Show a page at a width and in a theme, each only once; one browser for all."""
    with browser.running() as chromium:
        yield functools.cache(
            lambda page, width, dark: chromium.visit((pages / f"{page}.html").as_uri(), LOOK, width=width, dark=dark)
        )


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fetches_nothing_and_its_scripts_run(look, page):
    """Opened from the file system, without a server or a network."""
    visit = look(page, *WIDE_AND_LIGHT)
    assert [address for address in visit.requests if not address.startswith(("file:", "data:", "blob:"))] == []
    assert visit.errors == []


@pytest.mark.parametrize("page", PAGES)
def test_every_equation_is_set(look, page):
    """None is left as source text, none is an error message."""
    expected, shown, wrong = look(page, *WIDE_AND_LIGHT).value["equations"]
    assert shown >= expected
    assert wrong == 0


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_a_phone(look, page):
    """At 390 pixels only code, tables and equations scroll, each in its own box."""
    assert look(page, *NARROW_AND_DARK).value["overflow"] == [0, []]


@pytest.mark.parametrize("theme", [WIDE_AND_LIGHT, NARROW_AND_DARK], ids=["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_text_stands_out(look, page, theme):
    """A contrast of at least 4.5 to 1 for all words, in both themes."""
    lowest = look(page, *theme).value["contrast"]
    assert lowest
    assert all(contrast >= 4.5 for contrast, _ in lowest), lowest


def test_a_screen_of_1280_pixels_holds_96_columns_of_code(pages):
    """So that an exercise's text is read without scrolling to the side."""
    columns = """(() => {
      const pre = document.querySelector(".bd-article div.highlight-python pre");
      const probe = document.createElement("span");
      probe.textContent = "0".repeat(96);
      pre.replaceChildren(probe);
      return pre.scrollWidth <= pre.clientWidth || probe.getBoundingClientRect().width / pre.clientWidth;
    })()"""
    with browser.running() as chromium:
        assert chromium.visit((pages / f"solutions/{LABS[3].name}.html").as_uri(), columns).value is True


def test_a_docstring_breaks_its_lines_on_a_phone(pages):
    """And each goes on below the place where it began."""
    places = """[...document.querySelectorAll(".bd-article div.highlight-python .docline")].map(line => {
      const pre = line.closest("pre").getBoundingClientRect(), lefts = [...line.querySelector(".sd").getClientRects()];
      const indent = parseInt(line.style.getPropertyValue("--indent"));
      const letter = parseFloat(getComputedStyle(line).fontSize) * 0.5;
      return [line.getBoundingClientRect().right <= pre.right + 1,
              lefts.slice(1).every(box => box.left >= pre.left + indent * letter), lefts.length];
    })"""
    with browser.running() as chromium:
        lines = chromium.visit((pages / f"solutions/{LABS[3].name}.html").as_uri(), places, width=390).value
    assert max(count for _, _, count in lines) > 1
    assert all(inside and indented for inside, indented, _ in lines)
