"""Pages are read for what a reader sees: tables, lists and questions stay whole, what is hidden is kept apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from retrieval.parsing.html import MAX_DEPTH, parse_html
from retrieval.parsing.html_tables import Cell, Row, table_markdown
from retrieval.parsing.markup import without_hidden


def text(body: str) -> str:
    return parse_html(body.encode()).text


def test_spans_are_filled_and_column_names_of_two_rows_are_joined() -> None:
    assert text(
        "<table><caption>Rates</caption><thead><tr><th rowspan=2>Zone<th colspan=2>Days<tr><th>road<th>air</thead>"
        "<tr><td rowspan=2>EU<td>3<td>1<tr><td>4<td>2<tr><th colspan=3>Abroad<tr><td>US<td>9<td>5</table>"
    ) == (
        "Rates:\n\n| Zone | Days road | Days air |\n|---|---|---|\n"
        "| EU | 3 | 1 |\n| EU | 4 | 2 |\n| Abroad › US | 9 | 5 |"
    )


@pytest.mark.parametrize(
    "rows",
    [
        "<tr><th>Weight<td>2 kg<tr><th>Colour<td>red",
        "<tr><td>Weight<td>2 kg<tr><td>Colour<td>red",
        "<tr><td>Weight:<td>heavy<tr><td>Colour:<td>red",
    ],
)
def test_a_table_of_names_and_values_is_a_list(rows: str) -> None:
    assert text(f"<table>{rows}</table>").replace("heavy", "2 kg") == "- Weight: 2 kg\n- Colour: red"


def test_a_table_that_arranges_the_page_is_not_a_table() -> None:
    assert text("<table><tr><td><h2>A</h2><p>b<td><table><tr><th>x<th>y<tr><td>1<td>2</table></table>") == (
        "## A\n\nb\n\n| x | y |\n|---|---|\n| 1 | 2 |"
    )


def test_lists_nest_go_on_and_define() -> None:
    assert text("<ol start=3><li>a<ul><li>b<ol><li>c</ol></ul><li><p>d<p>e</ol>") == (
        "3. a\n    - b\n        1. c\n4. d e"
    )
    assert text("<dl><dt>A<dd>one<dd>two<dt>B<dt>C?<dd>three</dl>") == "- A: one two\n- B, C? three"


def test_questions_that_unfold_are_read_with_their_answers() -> None:
    assert text(
        "<h3><button>Q?</button></h3><p>A.<details><summary>Why?</summary>So.</details><button>Buy</button>"
    ) == ("### Q?\n\nA.\n\n**Why?**\n\nSo.")


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display: none">secret</p>',
        "<p style='visibility:hidden'>secret</p>",
        "<p style='font-size:0px'>secret</p>",
        "<p style='color:#fff;background:white'>secret</p>",
        "<div style='background-color:#FFFFFF'><p style='color:white'>secret</p></div>",
        "<p style='position:absolute;left:-9999px'>secret</p>",
        "<p style='height:0;overflow:hidden'>secret</p>",
        "<p hidden>secret</p>",
        "<p aria-hidden=true>secret</p>",
        "<!-- secret -->",
    ],
)
def test_what_nobody_sees_is_no_text_and_kept_apart(hidden: str) -> None:
    parsed = parse_html(f"<body><p>seen</p>{hidden}</body>".encode())
    assert (parsed.text, parsed.hidden) == ("seen", "secret")


@pytest.mark.parametrize(
    "shown",
    ["<p style='color:white'>said</p>", "<style>.a{display:none}</style><p class=a>said</p>"],
)
def test_what_may_be_seen_after_all_is_text_and_yet_examined(shown: str) -> None:
    parsed = parse_html(f"<body>{shown}</body>".encode())
    assert (parsed.text, parsed.hidden) == ("said", "said")


def test_scripts_styles_menus_and_forms_are_gone() -> None:
    page = "<nav>a</nav><header>b</header><script>c</script><style>d{}</style><form>e</form><p>f</p><footer>g</footer>"
    assert text(page) == "f"
    assert text("<form><h1>All in a form</h1><p>f</p></form>") == "# All in a form\n\nf"


def test_a_page_says_its_id_and_its_time_in_effect() -> None:
    parsed = parse_html(
        b"<html lang=de><head><meta name=id content='policies/returns'><meta name=effective-from content=2026-01-01>"
        b"<meta name=author content=x><link rel=canonical href='https://a.example/x'></head><h1>R<br>x<b>y</b></h1>"
    )
    assert parsed.fields == {"id": "policies/returns", "effective_from": "2026-01-01"}
    assert (parsed.language, parsed.url, parsed.title) == ("de", "https://a.example/x", "R xy")


def test_a_declared_encoding_is_believed_and_none_is_guessed() -> None:
    page = "<meta charset={}><p>Größe 5 €".format
    assert parse_html(page("windows-1252").encode("cp1252")).text == "Größe 5 €"
    assert parse_html(page("iso-8859-15").encode("iso-8859-15")).text == "Größe 5 €"
    assert parse_html(page("iso-8859-1").encode()).text == "Größe 5 €"
    with pytest.raises(BadInput, match="looks like Windows-1252, near '<p>Größe'"):
        parse_html("<p>Größe".encode("cp1252"))


def test_depth_costs_no_recursion_and_has_an_end() -> None:
    assert text("<div>" * 10_000 + "x") == "x"
    assert text("<ul><li>a" * 2_000).count("- a") == 2_000
    with pytest.raises(BadInput, match="nested too deeply"):
        text("<div>" * (MAX_DEPTH + 1))
    with pytest.raises(BadInput, match="thousands of attributes"):
        text("<div " + " ".join(f"a{number}" for number in range(6_000)) + ">x")


TAGS = "p div ul ol li dl dt dd table tr td th caption thead h2 details summary span b br button form nav pre".split()


@given(
    st.lists(st.sampled_from([*(f"<{tag}>" for tag in TAGS), *(f"</{tag}>" for tag in TAGS), "w", " x ", "<!-- c -->"]))
)
def test_whatever_the_tags_no_word_is_lost_or_read_twice(parts: list[str]) -> None:
    page = "".join(parts)
    said = text(page)
    # Buttons, forms and menus are left out on purpose; of tables the parser itself moves words about.
    if not any(f"<{tag}>" in page for tag in ("button", "form", "nav", "table")):
        assert said.count("w") == page.count("w")


def test_no_span_makes_a_table_explode() -> None:
    wide = table_markdown([Row((Cell("a", is_header=True, columns=1_000, rows=1_000),), in_head=True)] * 50)
    assert len(wide) < 50_000
    assert table_markdown([Row((), in_head=False)]) == ""


def test_hidden_parts_of_markdown_are_kept_apart() -> None:
    shown, hidden = without_hidden("A <!-- b\nc --> d <span style='display:none'>e</span> f \\<!-- g <!-- h")
    assert (shown, hidden) == ("A  d  f \\<!-- g ", "b c\nh\ne")
