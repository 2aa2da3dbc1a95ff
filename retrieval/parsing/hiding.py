"""Which elements of a page no reader sees. Pure.

What an element says of itself (`display:none`, `hidden`, `aria-hidden`, no size, the colour of its ground) leaves it
out. What a style sheet hides may be an answer that unfolds at a click, so it stays; both are handed on to be examined.
"""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_RULES = 200
MAX_ANCESTORS = 20

_HIDING = re.compile(
    r"(?:^|;)(?:display:none|visibility:(?:hidden|collapse)|font-size:(?:0(?:\.\d+)?|1)(?:px|pt)?(?=[;!]|$)"
    r"|font-size:0(?:\.0+)?(?:r?em|%|vw)|opacity:0?(?:\.0\d*)?(?=[;!]|$)|(?:left|top|right|text-indent|margin-left):-\d{3,}"
    r"|clip:rect\(0|clip-path:inset\((?:50|100)%|color:transparent|color:rgba\([^)]*,0?\.?0\)|mso-hide:all"
    r"|transform:scale\(0\))"
)
_NO_SIZE = re.compile(r"(?:^|;)(?:max-)?(?:height|width):0(?:px)?(?=[;!]|$)")
_COLOUR = re.compile(r"(?:^|;)color:([^;!]+)")
_GROUND = re.compile(r"(?:^|;)background(?:-color)?:([^;!]+)")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_BLOCK = re.compile(r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE = re.compile(r"[a-z0-9]*[.#][A-Za-z_][\w-]*")
_WHITE = frozenset({"white", "#fff", "#ffffff", "rgb(255,255,255)", "snow", "#fefefe", "ivory", "#fffffe"})


class Hidden:
    """What a page hides, by the identity of its elements."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self.left_out: set[int] = set()
        """Not part of the text."""
        self.doubtful: list[LexborNode] = []
        """Part of the text and yet perhaps not seen."""
        for node in tree.css("[style], [hidden], [aria-hidden]"):
            self._judge(node)
        for selector in _hiding_selectors(tree):
            self.doubtful += tree.css(selector)

    def _judge(self, node: LexborNode) -> None:
        attributes = node.attributes
        style = _compact(attributes.get("style"))
        hidden = "hidden" in attributes and attributes["hidden"] != "until-found"
        if (
            hidden
            or (attributes.get("aria-hidden") or "").lower() == "true"
            or hides(style)
            or _is_of_its_ground(style)
        ):
            self.left_out.add(node.mem_id)
        elif _colour(style) in _WHITE:
            ground = _ground_of(node)
            if ground in _WHITE:
                self.left_out.add(node.mem_id)
            elif ground is None:
                self.doubtful.append(node)


def hides(style: str) -> bool:
    """Whether declarations, in lower case and without spaces, make an element invisible."""
    return bool(_HIDING.search(style) or (_NO_SIZE.search(style) and "overflow:hidden" in style))


def _is_of_its_ground(style: str) -> bool:
    colour = _colour(style)
    found = _GROUND.search(style)
    return colour is not None and found is not None and _same(colour) == _same(found.group(1))


def _same(colour: str) -> str:
    return "white" if colour in _WHITE else colour


def _colour(style: str) -> str | None:
    found = _COLOUR.search(style)
    return found.group(1) if found else None


def _ground_of(node: LexborNode) -> str | None:
    """The colour behind a node as far as elements say it themselves; a class may say it too, then nobody knows."""
    above: LexborNode | None = node
    for _ in range(MAX_ANCESTORS):
        if above is None:
            return None
        if found := _GROUND.search(_compact(above.attributes.get("style"))):
            return found.group(1)
        if above.attributes.get("bgcolor"):
            return (above.attributes["bgcolor"] or "").lower()
        above = above.parent
    return None


def _hiding_selectors(tree: LexborHTMLParser) -> Iterator[str]:
    left = MAX_RULES
    for sheet in tree.css("style"):
        css = _AT_BLOCK.sub(" ", _CSS_COMMENT.sub(" ", sheet.text()[:200_000]))
        for found in _RULE.finditer(css):
            if not hides(_compact(found.group(2))):
                continue
            for selector in found.group(1).split(","):
                if _SIMPLE.fullmatch(selector.strip()) and left > 0:
                    left -= 1
                    yield selector.strip()


def _compact(style: str | None) -> str:
    return "".join((style or "").lower().split())
