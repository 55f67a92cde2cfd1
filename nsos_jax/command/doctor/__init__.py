"""The command `nsos doctor`: what is installed and found here, and a short self-test with numbers.

In: nothing. Out: lines for a bug report, each with a remedy where something is missing. May import what `command` may.
"""

import click

from nsos_jax.command.doctor.facts import Fact, facts
from nsos_jax.command.doctor.trials import TRIALS

__all__ = ["doctor"]

_LABEL = 26


@click.command()
@click.option("--quick", is_flag=True, help="Leave the self-test out.")
@click.pass_context
def doctor(ctx: click.Context, quick: bool) -> None:
    """Shows what nsos finds on this machine, and tries it.

    Versions, devices, caches, solvers and their licences, optional packages and environment variables; then a
    self-test that answers questions whose answers are known and says how long it took. Paste the output into a bug
    report.

    Exit status: 0 all is well, 1 the self-test failed.

    \b
    Examples:
      nsos doctor
      nsos doctor --quick
    """
    for heading, group in facts().items():
        click.echo(heading)
        for fact in group:
            _show(fact)
    if quick:
        return
    click.echo("self-test")
    failed = 0
    for trial in TRIALS:
        fact, passed = trial.run()
        failed += not passed
        _show(fact)
    click.echo(f"{failed} of {len(TRIALS)} trials failed" if failed else "all is well")
    ctx.exit(1 if failed else 0)


def _show(fact: Fact) -> None:
    click.echo(f"  {fact.label:<{_LABEL}}{fact.text}")
    if fact.remedy:
        click.echo(f"  {'':<{_LABEL}}-> {fact.remedy}")
