#!/usr/bin/env bash
# Training on Slurm, one task per GPU; edit the #SBATCH lines and run from the project's folder:
#
#   sbatch scripts/cluster/slurm.sh --config configs/gram_graph_large.py --dir runs/large
#
# The run folder must lie on a file system that all nodes share. Before its time is over, and when it is preempted, Slurm
# sends SIGTERM: the training saves, exits with 130, and this script puts the job back into the queue. So it does
# with 75, 134 and 137, that is after another task, or its node, was lost. Any other failure ends the job.
#SBATCH --job-name=nsos-train
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append

# `set -e` is left out, since the status of srun decides; the first task that fails ends the others.
srun --kill-on-bad-exit=1 "${PYTHON:-.venv/bin/python}" -m nsos_jax.train --cluster "$@"
status=$?
case $status in
  75 | 130 | 134 | 137) scontrol requeue "$SLURM_JOB_ID" ;;
esac
exit $status
