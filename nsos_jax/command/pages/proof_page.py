"""The command `nsos proof-page`: the page that checks certificates in a browser, as a folder of its own."""

import os
import shutil
import webbrowser
from pathlib import Path

import click

import nsos_jax
from nsos_jax.command.settings import complete_files

START = "index.html"


@click.command("proof-page", short_help="Writes the page that checks certificates in a browser.")
@click.argument("folder", metavar="FOLDER", shell_complete=complete_files)
@click.option("--overwrite", is_flag=True, help="Replace a page of an earlier time.")
@click.option("--open", "open_it", is_flag=True, help="Show it in the browser.")
def proof_page(folder: str, overwrite: bool, open_it: bool) -> None:
    """Writes a page to FOLDER that checks certificates and results files in a browser, exactly.

    FOLDER/index.html works from the disk, without a network, and sends nothing; put FOLDER on a server to let others
    check your proofs. The page is an own implementation of the checker, and knows nothing of this package.

    Exit status: 0 it was written, 2 it could not be.

    \b
    Examples:
      nsos proof-page checker --open
      nsos proof-page checker --overwrite
    """
    if not folder:
        raise click.UsageError("FOLDER: expected a name, got an empty one")
    target = Path(folder)
    if target.exists() and not (overwrite and (target / START).is_file()):
        hint = ", or --overwrite replaces it" if (target / START).is_file() else ""
        raise click.UsageError(f"{folder} exists: choose another name{hint}")
    try:
        shutil.copytree(source(), target, dirs_exist_ok=overwrite, ignore=shutil.ignore_patterns("__pycache__"))
    except shutil.Error as error:  # of several files
        *_, reason = error.args[0][0]
        raise click.UsageError(f"{folder}: cannot be written: {reason}") from None
    except OSError as error:
        raise click.UsageError(f"{folder}: cannot be written: {error.strerror or error}") from None
    start = (target / START).absolute()
    click.echo(f"open {os.path.relpath(start)} in a browser and drop a certificate on it")
    if open_it and not webbrowser.open(start.as_uri()):
        click.echo("no browser was found", err=True)


def source() -> Path:
    """The folder of the page: beside the package in a clone, within it where it was installed from a wheel."""
    package = Path(nsos_jax.__file__).parent
    for folder in (package / "web", package.parent / "web"):
        if (folder / START).is_file():
            return folder
    raise click.UsageError(f"the page is missing in {package}: install nsos-jax again")
