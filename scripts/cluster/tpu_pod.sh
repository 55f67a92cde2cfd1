#!/usr/bin/env bash
# Training on all hosts of a TPU pod slice; from any machine with gcloud:
#
#   scripts/cluster/tpu_pod.sh NAME ZONE --config configs/gram_graph_large.py --dir /shared/runs/large
#
# On every host, the project must be in ~/nsos_jax with `.venv/bin/pip install -e ".[tpu,train]"` done, and /shared must be
# one NFS volume (Filestore): the run folder is not an address of a bucket. JAX finds the hosts of the slice by itself.
# Exit statuses 75, 130 and 134 say that the same command goes on; as long as it does, it is given again.
set -u
name=$1 zone=$2
shift 2
printf -v arguments '%q ' "$@"
while true; do
  gcloud compute tpus tpu-vm ssh "$name" --zone "$zone" --worker=all \
    --command "cd ~/nsos_jax && exec .venv/bin/python -m nsos_jax.train --cluster $arguments"
  status=$?
  case $status in
    75 | 130 | 134) echo "status $status: the training goes on" >&2; sleep 10 ;;
    *) exit $status ;;
  esac
done
