#!/usr/bin/env bash
# Format, lint, types, exported Rocq proofs where coqc is present, the documentation, and the wheel, built from the sdist,
# tried from another folder.
# Run by `make check`.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
bin=$(cd "${BIN:-.venv/bin}" && pwd)

step() { printf '== %s\n' "$1"; }

step format
"$bin/ruff" format --check .
step lint
"$bin/ruff" check .

step types
# solvers/ and train/ are imported as nsos_jax.solvers and nsos_jax.train: a tree of links shows them there.
rm -rf build/types
mkdir -p build/types/nsos_jax
for file in nsos_jax/* solvers train; do
  if [[ $file != */__pycache__ && ( -f $file || -f $file/__init__.py ) ]]; then
    ln -s "$root/$file" "build/types/nsos_jax/$(basename "$file")"
  fi
done
(cd build/types && "$bin/mypy" --config-file "$root/pyproject.toml" --cache-dir "$root/.mypy_cache" -p nsos_jax)

step rocq
if command -v coqc >/dev/null; then
  "$bin/python" -m pytest tests/exports/test_rocq.py
else
  echo "no coqc, so no Rocq text is compiled; Debian has it in the package coq"
fi

step documentation
BIN=$bin scripts/build_docs.sh

step wheel
rm -rf build/wheel build/installed
"$bin/python" -m build --outdir build/wheel . >build/wheel.log 2>&1 || { cat build/wheel.log; exit 1; }
# The dependencies are those of the environment; PYTHONPATH comes before its editable install.
"$bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --target build/installed build/wheel/*.whl
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
cd "$elsewhere"
export PYTHONPATH=$root/build/installed
"$bin/python" - <<'PYTHON'
import os, nsos_jax, nsos_jax.solvers.batch

for module in (nsos_jax, nsos_jax.solvers.batch):
    assert module.__file__.startswith(os.environ["PYTHONPATH"]), module.__file__
assert os.path.exists(os.path.join(os.path.dirname(nsos_jax.__file__), "py.typed"))
PYTHON
# What a user's type checker sees of the installed package; it finds packages where this Python does.
"$bin/python" -m mypy --strict --cache-dir "$root/.mypy_cache/user" "$root/tests/typed_user.py"
nsos=("$bin/python" "$root/build/installed/bin/nsos")
"${nsos[@]}" --version
"${nsos[@]}" certify "x^4 - 2*x^2*y + y^2 + 1" "x^2 - y" -o results.jsonl
"${nsos[@]}" verify results.jsonl
"${nsos[@]}" squares results.jsonl --line 1
"${nsos[@]}" proof-page checker
cmp checker/index.html "$root/web/index.html"
# The wheel was made from the sdist; what Python compiles is no part of either.
packed=$(tar tzf "$root"/build/wheel/*.tar.gz)
grep -q '/web/checker/judge.js$' <<<"$packed"
if grep '\.pyc$' <<<"$packed"; then
  echo "compiled files are in the source distribution"
  exit 1
fi
step "all checks passed"
