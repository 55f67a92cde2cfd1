"""What holds for every command: the configuration file that gives options their defaults, and what is logged.

In: `--config`, `--log-level`, files, environment variables. Out: defaults of click's context, a handler of the logger
`nsos_jax`. May import nothing of the other rooms.
"""

from nsos_jax.command.settings.completion import complete_files
from nsos_jax.command.settings.configuration import configuration_option, named_in_errors, used_file
from nsos_jax.command.settings.logs import log_level_option
from nsos_jax.command.settings.options import (
    MemorySize,
    SecondsOrSwitch,
    long_names,
    read_variables,
    warn_of_unknown_variables,
)

__all__ = [
    "MemorySize",
    "SecondsOrSwitch",
    "complete_files",
    "configuration_option",
    "log_level_option",
    "long_names",
    "named_in_errors",
    "read_variables",
    "used_file",
    "warn_of_unknown_variables",
]
