"""Weights that ship with the package: a safetensors file and a model card (JSON) per name."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import safetensors
import safetensors.numpy
from flax import nnx, traverse_util

from nsos_jax.proposers.gram_graph import GramGraphConfig, GramGraphTransformer
from nsos_jax.proposers.registry import weights_file
from nsos_jax.proposers.sequence import SequenceConfig, SequenceTransformer

FORMAT = "nsos-weights/1"
FOLDER = Path(__file__).parent / "weights"
KINDS: dict[str, tuple[type, type]] = {
    "gram_graph": (GramGraphConfig, GramGraphTransformer),
    "sequence": (SequenceConfig, SequenceTransformer),
}
"""Configuration and module by the kind of a model."""


class WeightsError(ValueError):
    """There are no such weights, or they are damaged, or they belong to another version of the model."""


@dataclass(frozen=True)
class ModelCard:
    """Where weights come from and what they are worth."""

    name: str
    kind: str
    """A key of `KINDS`."""
    model: dict[str, Any]
    """Fields of the model's configuration."""
    threshold: float
    """Score from which on a candidate is predicted to be in the basis, chosen on the validation split."""
    scores: dict[str, Any]
    """On held-back polynomials: `nsos_jax.train.evaluate.Evaluation`."""
    command: str
    """That trained it."""
    training: dict[str, Any]
    """Its configuration."""
    seed: int
    steps: int
    parameters: int
    date: str
    versions: dict[str, str]
    sha256: str = ""
    """Of the safetensors file."""
    format: str = FORMAT


class Pretrained(NamedTuple):
    """A model that is ready to use, and its card."""

    model: Any
    card: ModelCard


def pretrained_names(folder: Path | None = None) -> list[str]:
    """The names that `load_pretrained` knows."""
    return sorted(path.stem for path in (folder or FOLDER).glob("*.safetensors"))


def load_pretrained(name: str, folder: Path | None = None) -> Pretrained:
    """The model of a name, from the package or from a folder of exported weights.

    Raises:
      WeightsError: the name is unknown, or a file is missing, damaged, or does not fit the model.
    """
    folder = folder or FOLDER
    if name not in (names := pretrained_names(folder)):
        raise WeightsError(f"there are no weights {name!r} in {folder}; there are: {', '.join(names) or 'none'}")
    card = _read_card(folder / f"{name}.json")
    path = folder / f"{name}.safetensors"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error}") from None
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise WeightsError(f"{path} is damaged, or {name}.json belongs to other weights: the checksums differ")
    try:
        arrays = safetensors.numpy.load(content)
    except safetensors.SafetensorError as error:
        raise WeightsError(f"{path} is no safetensors file: {error}") from None
    config_type, model_type = KINDS[card.kind]
    try:
        config = config_type(**card.model)
    except (TypeError, ValueError) as error:
        raise WeightsError(f"the model card {name}.json does not fit this version of the model: {error}") from None
    graph, shapes = nnx.split(nnx.eval_shape(lambda: model_type(config, nnx.Rngs(0))))
    return Pretrained(nnx.merge(graph, place_arrays(shapes, arrays, str(path))), card)


def find_weights(source: str) -> Pretrained:
    """The model of a name that ships, or of the path of exported weights, with or without the ending .safetensors.

    Raises:
      WeightsError: as `load_pretrained`.
    """
    if source in pretrained_names():
        return load_pretrained(source)
    file = weights_file(source)
    return load_pretrained(file.stem, file.parent)


def save_weights(folder: Path, card: ModelCard, parameters: nnx.State, dtype: str = "float32") -> ModelCard:
    """Writes NAME.safetensors and NAME.json, the card last and with its checksum; both are renamed when complete."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.asarray(leaf.astype(jnp.dtype(dtype))) for name, leaf in _flat(parameters).items()}
    content = safetensors.numpy.save(arrays, {"format": FORMAT, "kind": card.kind})
    card = ModelCard(**asdict(card) | {"sha256": hashlib.sha256(content).hexdigest()})
    text = json.dumps(asdict(card), indent=1) + "\n"
    for suffix, data in ((".safetensors", content), (".json", text.encode())):
        new = folder / f"{card.name}{suffix}.new"
        new.write_bytes(data)
        new.replace(folder / f"{card.name}{suffix}")
    return card


def place_arrays(shapes: nnx.State, arrays: dict[str, np.ndarray], source: str) -> nnx.State:
    """The arrays by name in the place of the leaves of `shapes`, in their types.

    Raises:
      WeightsError: names or shapes differ.
    """
    wanted = _flat(shapes)
    if wrong := sorted(wanted.keys() ^ arrays.keys()):
        raise WeightsError(f"{source} holds weights of another model: {wrong[0]!r} is only in one of the two")
    for name, leaf in wanted.items():
        if arrays[name].shape != leaf.shape:
            raise WeightsError(f"{source} holds weights of another model: {name!r} is {arrays[name].shape}")
    flat, tree = jax.tree_util.tree_flatten_with_path(nnx.to_pure_dict(shapes))
    placed = [jnp.asarray(arrays[_name(path)], leaf.dtype) for path, leaf in flat]
    state = jax.tree.map(lambda leaf: leaf, shapes)
    nnx.replace_by_pure_dict(state, jax.tree.unflatten(tree, placed))
    return state


def _flat(parameters: nnx.State) -> dict[str, Any]:
    return {
        ".".join(map(str, path)): leaf
        for path, leaf in traverse_util.flatten_dict(nnx.to_pure_dict(parameters)).items()
    }


def _name(path: tuple[Any, ...]) -> str:
    return ".".join(str(entry.key) for entry in path)


def _read_card(path: Path) -> ModelCard:
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise WeightsError(f"the model card {path} is missing") from None
    except (ValueError, OSError) as error:
        raise WeightsError(f"the model card {path} is damaged: {error}") from None
    names = {field.name for field in fields(ModelCard)}
    valid = isinstance(data, dict) and set(data) == names and data["format"] == FORMAT
    valid = valid and data["kind"] in list(KINDS) and isinstance(data["threshold"], float | int)
    if not valid:
        raise WeightsError(f"the model card {path} is not of the format {FORMAT}")
    return ModelCard(**data)
