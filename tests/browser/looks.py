"""What is wrong with a page for those who cannot see, point or read as well as others."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What stands by itself, and is not a word of a sentence, is to be hit with a thumb.
SMALL = """() => [...document.querySelectorAll(
  "button, input:not([type=hidden]), select, summary, .button, .quiet, .kind, .chip, " +
  ".quick a, .tabs a, .calendar a"
)].filter((each) => each.checkVisibility() && !each.closest(".unseen"))
  .map((each) => [each.outerHTML.slice(0, 90), each.getBoundingClientRect()])
  .filter(([, { height }]) => height && height < 43.5)
  .map(([words, { height }]) => `${height} px high: ${words}`)"""

# Colours that change by and by would be judged on their way.
STILL = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { transition: none !important; animation: none !important; }");
  document.adoptedStyleSheets = [sheet];
}"""


@cache
def axe() -> str:
    return AXE.read_text()


async def faults(page: Page, *schemes: str) -> list[str]:
    """What axe finds in each colour scheme, and what is too small for a thumb."""
    await page.evaluate(axe())
    await page.evaluate(STILL)
    found: list[str] = await page.evaluate(SMALL)
    for scheme in schemes:
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        result: dict[str, Any] = await page.evaluate("levels => axe.run({runOnly: levels})", LEVELS)
        found += [
            f"{scheme}: {each['id']}: {node['html'][:120]}: {node['failureSummary'][:300]}"
            for each in result["violations"]
            for node in each["nodes"][:3]
        ]
    return found
