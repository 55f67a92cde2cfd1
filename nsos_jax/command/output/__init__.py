"""What `-o` names: a file of records, or a folder of them, on this machine or elsewhere; or a file written whole."""

from nsos_jax.command.output.record_file import OutputRefused, RecordFile
from nsos_jax.command.output.record_folder import RecordFolder, is_folder
from nsos_jax.command.output.whole_file import written_whole

__all__ = ["OutputRefused", "RecordFile", "RecordFolder", "is_folder", "written_whole"]
