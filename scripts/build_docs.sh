#!/usr/bin/env bash
# The site in build/site: tutorials are executed, warnings are errors, links within the site are checked.
# Run by `make docs` and `make check`.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(cd "${BIN:-.venv/bin}" && pwd)

rm -rf build/site
"$bin/python" -m sphinx --quiet --fail-on-warning --keep-going --fresh-env -c docs -b html -d build/doctrees . build/site
cp -r web build/site/check  # the proof page
"$bin/python" docs/_site/check_links.py build/site
echo "the site is in build/site/index.html"
