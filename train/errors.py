"""What ends a training, or keeps it from starting."""


class RunFolderError(ValueError):
    """The folder cannot be used for this run; nothing was changed in it."""


class TrainingError(RuntimeError):
    """The training cannot go on; the last checkpoint is good."""


class TrainingStopped(KeyboardInterrupt):
    """SIGINT or SIGTERM ended the training, after a checkpoint."""
