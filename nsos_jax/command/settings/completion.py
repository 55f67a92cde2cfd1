"""What shells complete: names of files where arguments are files. Commands and options click completes itself."""

from typing import Any

import click


def complete_files(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """Leaves the names to the shell."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]
