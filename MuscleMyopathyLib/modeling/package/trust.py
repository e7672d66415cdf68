"""Which types a model may be made of: a skops file is refused before anything is made of it when it names others.

skops (https://skops.readthedocs.io) writes an estimator as a zip of ``schema.json``, a tree of types and
attributes, and one file per array. Its own list of trusted types is wide; here every node must be of
`TRUSTED_TYPES` and every loader of `_LOADERS`, and arrays may hold numbers and texts only. A tree's numbers are
checked once more after loading, because compiled code follows them without looking.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from MuscleMyopathyLib.errors import InputError, MissingPackageError

TRUSTED_TYPES = frozenset(
    {
        "builtins.bytearray",
        "builtins.dict",
        "builtins.list",
        "builtins.str",
        "builtins.tuple",
        "numpy.dtype",
        "numpy.float64",
        "numpy.int64",
        "numpy.ndarray",
        "numpy.random.mtrand.RandomState",
        "sklearn.calibration.CalibratedClassifierCV",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
        "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.impute._base.SimpleImputer",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.neighbors._classification.KNeighborsClassifier",
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._label.LabelBinarizer",
        "sklearn.svm._classes.SVC",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._tree.Tree",
        "xgboost.core.Booster",
        "xgboost.sklearn.XGBClassifier",
        "MuscleMyopathyLib.modeling.boosted_trees.BoostedTrees",
        "MuscleMyopathyLib.modeling.platt_scaling.PlattScaledSVM",
    }
)
"""Estimators of the recipes, their parts, and plain containers: nothing that calls what a file names."""

_LOADERS = frozenset(
    {
        "BytearrayNode",
        "DTypeNode",
        "DictNode",
        "JsonNode",
        "ListNode",
        "NdArrayNode",
        "ObjectNode",
        "RandomStateNode",
        "TreeNode",
        "TupleNode",
        "TypeNode",
    }
)
_SCHEMA = "schema.json"
_MEMBER = re.compile(r"[0-9A-Za-z-]+\.(npy|bin)")
_LARGEST = 256 * 2**20
_DEEPEST = 200
_WITHOUT_ESTIMATORS = tuple(f"sklearn.externals.array_api_compat.{name}" for name in ("cupy", "dask", "torch"))


def dump_model(model: Any) -> bytes:
    """Return a model as skops writes it.

    Raises:
        InputError: It holds a type that is not trusted, so that nobody could load it.
        MissingPackageError: skops is not installed.
    """
    content: bytes = _skops().dumps(model)
    check_model(content, "this model")
    return content


def load_trusted(content: bytes, name: str) -> Any:
    """Make a model from what `dump_model` returned, after every check.

    Args:
        content: The skops file.
        name: Of the package, for messages.

    Raises:
        InputError: It is refused; the reason says why.
        MissingPackageError: skops or scikit-learn is not installed.
    """
    skops = _skops()
    check_model(content, name)
    try:
        model = skops.loads(content, trusted=sorted(TRUSTED_TYPES))
    except Exception as error:
        # skops and scikit-learn raise whatever the contents lead them to.
        raise _refused(name, f"its model cannot be made ({type(error).__name__}: {error})") from error
    _check_trees(model, name)
    return model


def check_model(content: bytes, name: str) -> None:
    """Check a skops file without making anything of it.

    Raises:
        InputError: It is no skops file, or names a type, loader or member that is not trusted.
    """
    if content[:1] == b"\x80":
        raise _refused(name, "its model is a pickle, which could run any program when it is loaded")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > _LARGEST:
                raise _refused(name, f"its model unpacks to more than {_LARGEST // 2**20} MiB")
            names = [member.filename for member in members]
            for one in names:
                if one != _SCHEMA and not _MEMBER.fullmatch(one):
                    raise _refused(name, f"its model holds the file {one!r}, which is no array")
            if len(names) > len(set(names)):
                raise _refused(name, "its model holds a file twice")
            for one in names:
                if one.endswith(".npy"):
                    _check_array(archive.read(one), name)
            schema = json.loads(archive.read(_SCHEMA))
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        ValueError,
        RecursionError,
        EOFError,
        NotImplementedError,
    ) as error:
        raise _refused(name, f"its model is no skops file, or a damaged one ({error})") from error
    for node in _nodes(schema, name):
        kind, loader = f"{node['__module__']}.{node['__class__']}", node["__loader__"]
        if kind not in TRUSTED_TYPES:
            raise _refused(name, f"its model holds the type {kind}, which is not trusted")
        if loader not in _LOADERS:
            raise _refused(name, f"its model asks for {loader}, which is not trusted")


def _check_array(content: bytes, name: str) -> None:
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    if read(file)[2].hasobject:
        raise _refused(name, "an array of its model is a pickle, which could run any program when it is loaded")


def _nodes(value: Any, name: str, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every node of the tree that names a type."""
    if depth > _DEEPEST:
        raise _refused(name, "its model is nested too deeply")
    if isinstance(value, dict):
        present = [key for key in ("__class__", "__module__", "__loader__") if key in value]
        if present:
            if len(present) < 3 or not all(isinstance(value[key], str) for key in present):
                raise _refused(name, "its model has a part without a type")
            yield value
        for inside in value.values():
            yield from _nodes(inside, name, depth + 1)
    elif isinstance(value, list):
        for inside in value:
            yield from _nodes(inside, name, depth + 1)


def _check_trees(model: Any, name: str) -> None:
    """Check that every tree's branches and features exist."""
    for tree, features in _trees(model):
        nodes = tree.node_count
        for children in (tree.children_left, tree.children_right):
            # A child comes after its parent; leaves have -1 on both sides.
            ahead = children > np.arange(nodes)
            if not (ahead | (children == -1)).all() or (children >= nodes).any():
                raise _refused(name, "a tree of its model is damaged")
        branching = tree.children_left != -1
        asked = tree.feature[branching]
        if (branching != (tree.children_right != -1)).any() or (asked < 0).any() or (asked >= features).any():
            raise _refused(name, "a tree of its model is damaged")


def _trees(value: Any, depth: int = 0) -> Iterator[tuple[Any, int]]:
    """Yield the compiled trees inside a fitted model with the number of features that they may ask for."""
    if depth > 8:
        return
    tree = getattr(value, "tree_", None)
    if tree is not None:
        yield tree, int(value.n_features_in_)
        return
    inside = (
        value if isinstance(value, list | tuple) else vars(value).values() if hasattr(value, "__dict__") else ()
    )
    for one in inside:
        if isinstance(one, list | tuple) or hasattr(one, "__dict__"):
            yield from _trees(one, depth + 1)


def _skops() -> Any:
    # To list scikit-learn's estimators, skops walks through all its packages. These hold none, and walking into
    # them imports torch and dask where they are installed: about half the time that a classification takes.
    passed_over = [name for name in _WITHOUT_ESTIMATORS if name not in sys.modules]
    sys.modules.update(dict.fromkeys(passed_over))  # type: ignore[arg-type]
    try:
        import skops.io
    except ImportError as error:
        raise MissingPackageError(
            f"Model packages need the package skops. Install it with 'pip install muscle-myopathy[learning]'. "
            f"({error})"
        ) from error
    finally:
        for name in passed_over:
            del sys.modules[name]
    return skops.io


def _refused(name: str, reason: str) -> InputError:
    return InputError(f"The model package {name} is refused: {reason}. Get it anew from where it was made.")
