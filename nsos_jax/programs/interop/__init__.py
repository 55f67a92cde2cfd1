"""Programs in other people's hands: SymPy, CVXPY, the SDPA format, MOSEK, and proofs of what their solvers found.

In: a `SosProgram`, and values of its unknowns from anywhere. Out: models of other tools, and `ProgramResult`s. May
import everything beside it in `programs`; `SosProgram` has its `methods`. Each tool is one file, loaded when asked for.
"""
