"""Legal texts: staff write Markdown, and nothing in it can act or load from outside."""

import pytest

from portal.web.legal import as_html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](https://a.example/p.png)",
        "[x](javascript:alert(1))",
    ],
)
def test_nothing_acts_or_loads(text: str) -> None:
    drawn = str(as_html(text))
    for sign in ("<script", "<img", 'href="javascript'):
        assert sign not in drawn


@pytest.mark.parametrize("link", ["[x](//evil.example)", "[x](<//evil.example>)", "[x][1]\n\n[1]: //evil.example"])
def test_a_link_that_only_looks_like_a_page_of_ours_stays_text(link: str) -> None:
    assert "<a" not in str(as_html(link))
    assert 'href="/privacy"' in str(as_html("[x](/privacy)"))


def test_headings_lists_and_links_are_drawn_in_our_classes() -> None:
    drawn = str(as_html("## One\n\n- a [link](https://a.example)\n"))
    assert '<h2 class="govuk-heading-m">One</h2>' in drawn
    assert 'class="govuk-link"' in drawn
