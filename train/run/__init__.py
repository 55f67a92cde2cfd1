"""The folder of a run: who may use it, and what is written to it: checkpoints, metrics, TensorBoard files.

In comes a train state, or the numbers of a step; out come files that a second start, another machine and people read.
Imports the configuration and the errors of `train`, and knows neither models nor steps.
"""
