"""`python -m nsos_jax`: the command `nsos`."""

from nsos_jax.cli import main

if __name__ == "__main__":
    main(prog_name="nsos")
