#!/usr/bin/env bash
# What the tests of the proof page need beside Python: Node.js and Chromium, from Debian. Where they are missing and this
# runs as root on Debian, they are installed; elsewhere those tests are skipped, with a message.
set -euo pipefail
missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v chromium >/dev/null || missing+=(chromium)
if ((${#missing[@]} == 0)); then
  exit 0
fi
if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null || [[ ! -f /etc/debian_version ]]; then
  echo "not installed, so tests of the proof page are skipped: ${missing[*]} (on Debian: apt-get install ${missing[*]})"
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; }; then
  echo "could not be installed, so tests of the proof page are skipped: ${missing[*]}"
fi
