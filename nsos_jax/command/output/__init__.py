"""What `-o` names: a file of records, or a folder of them, on this machine or elsewhere."""

from nsos_jax.command.output.record_file import OutputRefused, RecordFile
from nsos_jax.command.output.record_folder import RecordFolder, is_folder

__all__ = ["OutputRefused", "RecordFile", "RecordFolder", "is_folder"]
