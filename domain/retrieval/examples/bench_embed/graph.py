"""all-MiniLM-L6-v2 as an ONNX graph, made of the very weights that the product reads.

The graph has the shape that PyTorch exports (so that ONNX Runtime's transformer fusions know it), then mean pooling and
scaling to unit length. There is no mask: all texts of a batch have the same length.
"""

import json
import struct
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
# What the fusions must have made of the graph: else it would not be ONNX Runtime at its best.
FUSED = {"EmbedLayerNormalization": 1, "Attention": 6, "SkipLayerNormalization": 12, "BiasGelu": 6}


def tensors(path):
    """The tensors of a safetensors file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    types = {"F32": np.float32, "I64": np.int64}
    return {
        name: np.frombuffer(data[slice(*about["data_offsets"])], types[about["dtype"]]).reshape(about["shape"])
        for name, about in header.items()
    }


class Graph:
    """Nodes and constants in the making."""

    def __init__(self, config, weights):
        self.config = config
        self.weights = weights
        self.nodes = []
        self.constants = []

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def node(self, operator, name, inputs, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def linear(self, name, x):
        """Multiplied by the weights first, as the fusions expect."""
        weight = self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        product = self.node("MatMul", f"{name}.product", [x, weight])
        return self.node("Add", f"{name}.out", [self.weight(f"{name}.bias"), product])

    def norm(self, name, x):
        inputs = [x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.node(
            "LayerNormalization", f"{name}.out", inputs, axis=-1, epsilon=self.config["layer_norm_eps"]
        )

    def embeddings(self):
        """Words, positions and the only token type."""
        name = "embeddings"
        words = self.node("Gather", f"{name}.words", [self.weight(f"{name}.word_embeddings.weight"), "input_ids"])
        types = self.node(
            "Gather", f"{name}.types", [self.weight(f"{name}.token_type_embeddings.weight"), "token_type_ids"]
        )
        shape = self.node("Shape", f"{name}.shape", ["input_ids"])
        length = self.node("Gather", f"{name}.length", [shape, self.constant("one", np.array(1, np.int64))], axis=0)
        end = self.node("Unsqueeze", f"{name}.end", [length, self.constant("axis0", np.array([0], np.int64))])
        all_positions = self.constant("positions", np.arange(512, dtype=np.int64)[None, :])
        slice_inputs = [
            all_positions,
            self.constant("begin", np.array([0], np.int64)),
            end,
            self.constant("axis1", np.array([1], np.int64)),
            self.constant("step", np.array([1], np.int64)),
        ]
        ids = self.node("Slice", f"{name}.position_ids", slice_inputs)
        positions = self.node(
            "Gather", f"{name}.positions", [self.weight(f"{name}.position_embeddings.weight"), ids]
        )
        words_and_types = self.node("Add", f"{name}.sum", [words, types])
        total = self.node("Add", f"{name}.total", [words_and_types, positions])
        return self.norm(f"{name}.LayerNorm", total)

    def layer(self, name, x):
        attended = self.linear(f"{name}.attention.output.dense", self.attention(f"{name}.attention.self", x))
        residual = self.node("Add", f"{name}.attention.residual", [attended, x])
        x = self.norm(f"{name}.attention.output.LayerNorm", residual)
        wide = self.gelu(f"{name}.gelu", self.linear(f"{name}.intermediate.dense", x))
        narrow = self.linear(f"{name}.output.dense", wide)
        residual = self.node("Add", f"{name}.residual", [narrow, x])
        return self.norm(f"{name}.output.LayerNorm", residual)

    def attention(self, name, x):
        heads = self.config["num_attention_heads"]
        hidden = self.config["hidden_size"]
        split = self.constant(f"{name}.split", np.array([0, 0, heads, hidden // heads], np.int64))

        def projected(which, order):
            out = self.node("Reshape", f"{name}.{which}.heads", [self.linear(f"{name}.{which}", x), split])
            return self.node("Transpose", f"{name}.{which}.turned", [out], perm=order)

        query = projected("query", [0, 2, 1, 3])
        key = projected("key", [0, 2, 3, 1])
        value = projected("value", [0, 2, 1, 3])
        scores = self.node("MatMul", f"{name}.scores", [query, key])
        root = self.constant(f"{name}.root", np.array((hidden // heads) ** 0.5, np.float32))
        scaled = self.node("Div", f"{name}.scaled", [scores, root])
        weights = self.node("Softmax", f"{name}.softmax", [scaled], axis=-1)
        mixed = self.node("MatMul", f"{name}.mixed", [weights, value])
        turned = self.node("Transpose", f"{name}.turned", [mixed], perm=[0, 2, 1, 3])
        joined = self.constant(f"{name}.joined", np.array([0, 0, hidden], np.int64))
        return self.node("Reshape", f"{name}.out", [turned, joined])

    def gelu(self, name, x):
        root = self.constant(f"{name}.root", np.array(2**0.5, np.float32))
        erf = self.node("Erf", f"{name}.erf", [self.node("Div", f"{name}.div", [x, root])])
        plus_one = self.node("Add", f"{name}.add", [erf, self.constant(f"{name}.one", np.array(1, np.float32))])
        product = self.node("Mul", f"{name}.product", [x, plus_one])
        return self.node("Mul", f"{name}.out", [product, self.constant(f"{name}.half", np.array(0.5, np.float32))])

    def pooled(self, x):
        mean = self.node("ReduceMean", "mean", [x], axes=[1], keepdims=0)
        return self.node("LpNormalization", "vectors", [mean], axis=-1, p=2)


def write(model_dir, path):
    """Writes the graph, with ONNX Runtime's transformer fusions applied, to `path`."""
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    config = json.loads((model_dir / "config.json").read_text())
    graph = Graph(config, tensors(model_dir / "model.safetensors"))
    x = graph.embeddings()
    for i in range(config["num_hidden_layers"]):
        x = graph.layer(f"encoder.layer.{i}", x)
    graph.pooled(x)
    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "token_type_ids")
    ]
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", config["hidden_size"]])
    made = helper.make_graph(graph.nodes, "minilm", ids, [vectors], graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)

    plain = path.with_suffix(".plain.onnx")
    onnx.save(model, plain)
    options = FusionOptions("bert")
    fused = optimize_model(
        str(plain),
        model_type="bert",
        num_heads=config["num_attention_heads"],
        hidden_size=config["hidden_size"],
        optimization_options=options,
        opt_level=0,
    )
    counts = {operator: len(fused.get_nodes_by_op_type(operator)) for operator in FUSED}
    if counts != FUSED:
        raise SystemExit(f"the fusions made {counts} of the graph, not {FUSED}")
    fused.save_model_to_file(str(path))
    plain.unlink()


if __name__ == "__main__":
    import sys

    write(Path(sys.argv[1]), Path(sys.argv[2]))
