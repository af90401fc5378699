"""Page contents that leak state or end half way: put in brackets, so that the stamp is drawn apart from them."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import pikepdf
from pikepdf import Array, Name, Pdf, Stream, Token, TokenFilter, TokenType

from kit.pdf.stamping.refusals import CannotPrepare, RefusalReason

LARGEST_CONTENT = 128 * 1024 * 1024  # bytes of one page's operators, unpacked
SURELY_SMALL = 64 * 1024  # packed bytes: Flate packs at best 1 to 1,032, so this cannot exceed the above

Instruction = pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage
_ENDS = {"q": "Q", "BT": "ET", "BMC": "EMC", "BDC": "EMC"}
_WATCHED = frozenset(["q", "Q", "BT", "ET", "BMC", "BDC", "EMC", "Do"])
# How many operands an operator needs (ISO 32000-1, annex A). A reader may stop at one that has fewer.
_NEEDS = {
    name: count
    for count, names in {
        1: "w J j M ri i gs Tc Tw Tz TL Tr Ts Tj TJ ' CS cs G g SC sc SCN scn sh Do MP BMC",
        2: "d m l Tf Td TD DP BDC d0",
        3: 'RG rg "',
        4: "v y re K k",
        6: "cm c Tm d1",
    }.items()
    for name in names.split()
}
_OPENING = (TokenType.dict_open, TokenType.array_open)
_CLOSING = (TokenType.dict_close, TokenType.array_close)
_TAIL = ["Q", "BDC", "q", "Do", "Q", "EMC"]  # what the watched operators of a page end in that draws a stamp


def content_streams(page: pikepdf.Object) -> list[Stream]:
    """The page's content streams in order; empty where it has none."""
    contents = page.get("/Contents")
    parts = list(contents) if isinstance(contents, Array) else [contents]
    return [part for part in parts if isinstance(part, Stream)]


@dataclass(frozen=True)
class Drawn:
    """What a page draws: the form at its very end, if it is an artifact, the operators before it that begin and end
    something, and whether every operator has its operands."""

    last: str | None
    operators: list[str]
    whole: bool


def drawn(page: pikepdf.Object) -> Drawn:
    """Reads a page as a reader would: a string or an inline picture without an end swallows all that follows it."""
    operators, last_form, whole = [], None, True
    for instruction in pikepdf.parse_content_stream(pikepdf.Page(page)):
        operator = str(instruction.operator)
        whole = whole and _has_operands(instruction)
        if operator in _WATCHED:
            operators.append(operator)
        if operator == "Do" and len(instruction.operands) == 1:
            last_form = str(instruction.operands[0])
    if operators[-len(_TAIL) :] != _TAIL:
        return Drawn(None, operators, whole)
    return Drawn(last_form, operators[: -len(_TAIL)], whole)


def _has_operands(instruction: Instruction) -> bool:
    return len(instruction.operands) >= _NEEDS.get(str(instruction.operator), 0)


class Balance:
    """What a run of operators has begun and not yet ended."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.excess = False

    def take(self, operator: str) -> bool:
        """Note an operator; False when it ends what was never begun.

        The nearest of its kind ends, wherever it stands: crossing pairs are common and readers allow them.
        """
        if operator in _ENDS:
            self.waiting.append(_ENDS[operator])
        elif operator in self.waiting:
            del self.waiting[len(self.waiting) - 1 - self.waiting[::-1].index(operator)]
        elif operator in ("Q", "EMC"):
            self.excess = True
            return False
        return True

    def of(self, operators: Iterable[str]) -> "Balance":
        """The same after all of `operators`."""
        for operator in operators:
            self.take(operator)
        return self

    @property
    def missing(self) -> str:
        """The operators that end what is open, innermost first."""
        return " ".join(reversed(self.waiting))


class Wrapping:
    """Puts each page's own operators between `q` and `Q`, ends what they left open, and draws the stamp after them."""

    def __init__(self, pdf: Pdf, stamp: str) -> None:
        self.pdf = pdf
        self.stamp = stamp
        self.opening = pdf.make_stream(b"q\n")
        self.closings: dict[str, Stream] = {}

    def wrap(self, page: pikepdf.Object) -> None:
        """Let the page draw the form named `stamp` last of all, as an artifact outside its structure."""
        own = content_streams(page)
        refuse_bombs(own)
        page["/Contents"] = Array([self.opening, *own, self._closing("")])
        try:
            found = drawn(page)
        except TypeError:  # what the parser says of an operator inside of a dictionary
            page["/Contents"] = Array(own)
            own = [self._without_stray_operators(page)]
            page["/Contents"] = Array([self.opening, *own, self._closing("")])
            found = drawn(page)
        balance = Balance().of(found.operators[1:])  # the first is our opening
        if found.last != self.stamp or balance.excess or not found.whole:
            page["/Contents"] = Array(own)
            mended, balance = self._mended(page)
            own = [mended]
        page["/Contents"] = Array([self.opening, *own, self._closing(balance.missing)])

    def _closing(self, missing: str) -> Stream:
        if missing not in self.closings:
            artifact = "/Artifact <</Type /Pagination /Subtype /Footer /Attached [/Bottom]>> BDC"
            content = f"\n{missing} Q\n{artifact}\nq {self.stamp} Do Q\nEMC\n"
            self.closings[missing] = self.pdf.make_stream(content.encode("ascii"))
        return self.closings[missing]

    def _without_stray_operators(self, page: pikepdf.Object) -> Stream:
        content = pikepdf.Page(page).get_filtered_contents(_StrayOperators())
        return self.pdf.make_stream(zlib.compress(content), Filter=Name.FlateDecode)

    def _mended(self, page: pikepdf.Object) -> tuple[Stream, Balance]:
        """The page's operators as far as they can be read, without those that lack operands and those that end what
        was never begun: readers pass over them, but inside our own `q` they would come to mean something."""
        balance = Balance()
        kept = [
            instruction
            for instruction in pikepdf.parse_content_stream(pikepdf.Page(page))
            if _has_operands(instruction) and balance.take(str(instruction.operator))
        ]
        content = zlib.compress(pikepdf.unparse_content_stream(kept))
        return self.pdf.make_stream(content, Filter=Name.FlateDecode), balance


class _StrayOperators(TokenFilter):
    """Leaves out dictionaries and arrays that hold an operator: nonsense over which readers pass."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Token] = []
        self.depth = 0

    def handle_token(self, token: Token | None = None) -> Token | list[Token] | None:
        """Holds back what stands inside of brackets, until it is seen whole."""
        assert token is not None
        self.depth += (token.type_ in _OPENING) - (token.type_ in _CLOSING and self.depth > 0)
        if not self.held and self.depth == 0:
            return token
        self.held.append(token)
        if self.depth and token.type_ is not TokenType.eof:
            return None
        held, self.held = self.held, []
        return None if self.depth == 0 and any(one.type_ is TokenType.word for one in held) else held


def refuse_bombs(streams: list[Stream]) -> None:
    """Raises CannotPrepare for contents that unpack to an absurd size, without unpacking them whole."""
    left = LARGEST_CONTENT
    for stream in streams:
        filters = stream.get("/Filter", Array())
        chain = list(filters) if isinstance(filters, Array) else [filters]
        raw = stream.read_raw_bytes()
        if len(chain) <= 1 and len(raw) <= SURELY_SMALL:
            continue
        if sum(1 for name in chain if name in (Name.FlateDecode, Name.LZWDecode, Name.RunLengthDecode)) > 1:
            raise _too_large()
        unpacking = zlib.decompressobj()
        try:
            left -= len(unpacking.decompress(raw, left)) if Name.FlateDecode in chain[:1] else len(raw)
        except zlib.error:
            left -= len(raw)
        if left <= 0 or unpacking.unconsumed_tail:
            raise _too_large()


def _too_large() -> CannotPrepare:
    return CannotPrepare(RefusalReason.TOO_LARGE, "A page of this PDF unpacks to far too much. Export it again.")
