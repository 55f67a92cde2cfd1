"""The command `nsos plot`: a picture of what a certificate proves."""

import os
from pathlib import Path

import click

from nsos_jax.certificates import PolynomialCertificate
from nsos_jax.command.chosen.choice import choice_options, choose_holding
from nsos_jax.command.output import written_whole
from nsos_jax.command.settings import complete_files

FORMATS = (".svg", ".pdf", ".png")


@click.command(short_help="Draws a certificate: its polytope, Gram matrix or squares.")
@click.argument("file", metavar="FILE", shell_complete=complete_files)
@click.option("-o", "--output", metavar="FILE", required=True, help="Where it is drawn: .svg, .pdf or .png.")
@click.option("--overwrite", is_flag=True, help="Replace the picture.")
@click.option(
    "--picture",
    type=click.Choice(["newton", "gram", "cliques", "squares"]),
    default="newton",
    show_default=True,
    help="The Newton polytope with the basis, the Gram matrix with its spectrum, its blocks as cliques of monomials, "
    "or p square by square (in one or two variables).",
)
@click.option("--axes", metavar="NAMES", help="Two or three variables of the polytope, such as x,y.")
@choice_options
@click.pass_context
def plot(
    ctx: click.Context,
    file: str,
    output: str,
    overwrite: bool,
    picture: str,
    axes: str | None,
    line: int | None,
    id: str | None,
) -> None:
    """Draws a certificate: its Newton polytope and basis, its Gram matrix, the cliques of that, or its squares.

    FILE is what "nsos explain" reads. The certificate is checked first; what does not hold is not drawn.

    Exit status: 0 it was drawn, 1 the certificate does not hold or is missing, 2 it cannot be read or drawn.

    \b
    Examples:
      nsos certify "x^4 - 2*x^2*y + y^2 + 1" -o results.jsonl
      nsos plot results.jsonl -o polytope.svg
      nsos plot results.jsonl --picture gram -o gram.png
    """
    if Path(output).suffix not in FORMATS:
        raise click.UsageError(f"-o {output}: expected a file that ends in {', '.join(FORMATS)}")
    if os.path.exists(output) and not overwrite:
        raise click.UsageError(f"{output} exists: choose another name, or --overwrite replaces it")
    if axes is not None and picture != "newton":
        raise click.UsageError("--axes chooses the variables of --picture newton: leave it out")
    chosen = choose_holding(ctx, file, line, id)
    from nsos_jax.plots import cliques, gram_matrix, newton_polytope, squares

    certificate = chosen.certificates[0]
    try:
        if picture != "newton":
            figure = {"gram": gram_matrix, "cliques": cliques, "squares": squares}[picture](certificate)
        elif isinstance(certificate, PolynomialCertificate):
            figure = newton_polytope(certificate, axes=axes and [name.strip() for name in axes.split(",")])
        else:
            raise ValueError(f"a certificate of the kind {certificate.kind} is about no single polynomial")
    except ImportError as error:
        raise click.UsageError(str(error)) from None
    except ValueError as error:
        raise click.UsageError(f"{chosen.stored.place}: {error}") from None
    with written_whole(output) as unfinished:
        figure.savefig(unfinished, dpi=200)
    click.echo(f"drawn in {output}")
