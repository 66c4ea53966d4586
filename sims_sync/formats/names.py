"""What caption does an XML element name stand for (SIMS §2: `Legal_x0020_Surname` is "Legal Surname")?"""

import re

_ESCAPE = re.compile(r"_x([0-9A-F]{4})_", re.IGNORECASE)


def decode(tag: str) -> str:
    """The caption of an element: its name without a namespace, `_xHHHH_` decoded in any letter case.

    `_x005F_` gives an underscore that begins no further escape, so an encoded caption always comes back as it was.
    An escape for a character no caption can hold (a control character, half a surrogate pair) stays as written.
    """
    name = tag.rpartition("}")[2]
    if "_x" not in name and "_X" not in name:
        return name
    return _join_surrogates(_ESCAPE.sub(_character, name))


def _character(escape: re.Match[str]) -> str:
    character = chr(int(escape.group(1), 16))
    return character if character.isprintable() or _is_surrogate(character) or character == "\u00a0" else escape.group()


def _is_surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _join_surrogates(text: str) -> str:
    """Two escapes may spell one character outside the basic plane; a half on its own is replaced, never kept.

    A lone surrogate would later fail to be stored or printed.
    """
    if not any(_is_surrogate(character) for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
