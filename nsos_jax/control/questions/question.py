"""A stated question: a JSON object with the key `question`, the keys of a system (see `systems`), and these.

| question                | its keys                                                                              |
|-------------------------|---------------------------------------------------------------------------------------|
| `lyapunov`              | `degree`, `domain`, `equilibrium`, `rate`, `parametric`, `order`                      |
| `region_of_attraction`  | `degree`, `V`, `shape`, `equilibrium`, `iterations`, `order`                          |
| `barrier`               | `initial`, `unsafe`, `domain`, `degree`, `rate`, `order`                              |
| `reach_avoid`           | `initial`, `target`, `unsafe`, `domain`, `degree`, `rate`, `order`                    |
| `dissipation`           | `supply`, `degree`, `domain`, `equilibrium`, `order`                                  |
| `l2_gain`               | `output`, `degree`, `domain`, `equilibrium`, `order`                                  |
| `joint_spectral_radius` | `matrices`, `degree`, `length`; no system                                             |

`stabilizing_controller` has the keys `degree`, `controller_degree`, `bounds`, `controller`, `equilibrium`, `iterations`
and `order`, `safe_controller` those of `barrier` and `controller_degree`, `bounds`, `controller`, `iterations`.

`note` may stand there for readers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nsos_jax.control.answers import ControlResult
from nsos_jax.control.dynamics import System
from nsos_jax.control.questions.systems import SYSTEM_KEYS, Given, read_system
from nsos_jax.programs import SolveOptions, StatementError, fields


@dataclass(frozen=True)
class Question:
    """What a JSON object asks.

    Attributes:
      name: of the question.
      kind: of the certificate of an answer.
      answer: the function of `control`, which takes `options`.
      system: that it is about, None of matrices.
      parts: what a certificate has to state besides, by its keys: points {state: number}, polynomials, sets, lists of
        such, matrices, None.
    """

    name: str
    kind: str
    answer: Callable[..., ControlResult]
    system: System | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)

    def ask(self, options: SolveOptions | None = None) -> ControlResult:
        """The answer; ValueError says where the system, points and sets do not fit."""
        return self.answer(options=options)

    @staticmethod
    def read(statement: object) -> "Question":
        """The question; `StatementError`, a ValueError, names the key and says what is wrong and what was expected.

        >>> asked = {"question": "lyapunov", "states": ["x"], "dynamics": ["-x^3"], "degree": 2}
        >>> Question.read(asked).ask().conclusion
        'the origin is globally asymptotically stable'
        """
        from nsos_jax.control.questions.table import QUESTIONS  # whose readers import this file

        every = dict.fromkeys(key for keys, _, _ in QUESTIONS.values() for key in keys)
        keys = fields.expect_object(statement, "statement", ("question", *SYSTEM_KEYS, *every, "note"), ("question",))
        name = keys["question"]
        if not isinstance(name, str) or name not in QUESTIONS:
            shown = repr(name)[:40] if isinstance(name, str) else fields.show(name)
            raise StatementError(f"question: expected one of {', '.join(QUESTIONS)}, got {shown}")
        known, needed, read = QUESTIONS[name]
        about_system = () if name == "joint_spectral_radius" else SYSTEM_KEYS
        fields.expect_object(keys, name, ("question", *about_system, *known, "note"), needed)
        if not about_system:
            return read(keys)
        fields.expect_object(keys, name, keys, ("states",))
        return read(Given(keys, *read_system(keys)))
