"""Text that fits on a line of a terminal and does nothing to it."""

import shutil


def terminal_width() -> int:
    """Columns of the terminal, 80 where there is none, at least 40."""
    return max(shutil.get_terminal_size().columns, 40)


def printable(text: str) -> str:
    """The text on one line, without characters that control a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def shorten(text: str, most: int) -> str:
    """The text on one line of at most so many characters."""
    text = printable(text)
    return text if len(text) <= most else text[: most - 3] + "..."
