"""Questions as JSON: objects to what is asked, with all texts read exactly.

In: JSON objects. Out: `Question`, which can be asked, and which says what a certificate of an answer has to state. May
import what is beside it in `control`, the rooms `polynomials` and `programs`.
"""

from nsos_jax.control.questions.question import Question
from nsos_jax.control.questions.table import QUESTIONS

__all__ = ["QUESTIONS", "Question"]
